"""An informer, as client-go's: lists one resource, then watches it, and caches its objects.

Only the few fields of each object that decisions need are cached.
Deletions that were missed while the watch was down are found by comparing the store with the next list.
The results of our own writes are stored at once, so that no decision rests on a state from before them.
The kubernetes package's informer is synchronous, and keeps whole objects.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from . import errors
from .loop_turns import LoopTurns
from .object_cache import Key, ObjectCache, R, is_newer
from .resources import Resource
from .transport import Body
from .unparseable_objects import ObjectVersion, SkippedObjectObserver

_log = logging.getLogger(__name__)
_BACKOFF = (0.2, 15.0)  # seconds, the first and the longest
_PAGE_SIZE = 500
# The longest backoff, in seconds, where the resource is not served or the permission to it is missing. An
# administrator can repair both at any moment, and one request is cheap.
_LONGEST_DEFINITE_BACKOFF = 2.0
_REPEAT_LOG = 60.0  # seconds between two log lines about the same error
# Seconds without a watch before the informer counts as not ready. A broken connection usually comes back;
# a resource that is not served, or not permitted, does not on its own.
_TOLERATED_BREAK, _TOLERATED_DEFINITE_BREAK = 30.0, 3.0


class ListerWatcher(Protocol):
    """The methods of the API server's client that an informer needs."""

    async def list_page(
        self, resource: Resource, namespace: str | None, selector: str, token: str, limit: int = 500
    ) -> Body:
        """See ``KubeClient``."""
        ...

    def watch(
        self,
        resource: Resource,
        namespace: str | None,
        selector: str,
        version: str,
        opened: Callable[[], None] = ...,
    ) -> AsyncIterator[Body]:
        """See ``KubeClient``."""
        ...


class Informer(ObjectCache[R]):
    """Lists and watches, and so keeps ``objects`` equal to the API server's objects.

    Args:
        api: lists and watches.
        resource: what to list and watch.
        parse: parses an object; nothing else of the object is kept.
        on_change: called with the old and the new parsed object; None where there was, or is, none.
        namespace: the namespace to list and watch; None for all.
        selector: a label selector; empty for all objects.
        merge: combines the old and the new version of one object.
        clock: seconds since the epoch.
        not_served_message: the error to log where the resource is not served; empty for the server's.
        skipped: learns which objects cannot be parsed or handled; None for nobody.

    Attributes:
        synced: set once everything has been listed.
        watching_since: the time since which every change has been seen without a break, in seconds since
            the epoch; None while the watch is down.
        last_error: the error of the last request that failed; empty before.
    """

    def __init__(
        self,
        api: ListerWatcher,
        resource: Resource,
        parse: Callable[[Mapping[str, Any]], R],
        on_change: Callable[[R | None, R | None], None],
        namespace: str | None = None,
        selector: str = "",
        merge: Callable[[R, R], R] = lambda old, new: new,
        clock: Callable[[], float] = time.time,
        not_served_message: str = "",
        skipped: SkippedObjectObserver | None = None,
    ) -> None:
        super().__init__(resource.plural, parse, on_change, merge, skipped)
        self._api = api
        self._resource = resource
        self._namespace = namespace
        self._selector = selector
        self._clock = clock
        self._not_served_message = not_served_message
        self.synced = asyncio.Event()
        self.watching_since: float | None = None
        self._not_watching_since = -math.inf  # loop time
        self._failures = 0  # in a row
        self.last_error = ""
        self._is_definite = False  # the last error does not pass on its own
        self._last_logged = ("", -math.inf)  # the error, and when

    async def run(self) -> None:
        """List and watch until cancelled."""
        version, turns = "", LoopTurns()
        while True:
            try:
                if not version:
                    version = await self._relist()
                    self._failures = 0
                    if not self.synced.is_set():
                        self.synced.set()
                        self._not_watching_since = _loop_time()
                async for event in self._api.watch(
                    self._resource, self._namespace, self._selector, version, self._watch_opened
                ):
                    version = self.apply(event) or version
                    self._failures = 0
                    await turns.yield_when_due()
            except errors.Gone:
                version = ""
                self._watch_broke()
            except errors.NotFound as error:
                # The resource is no longer served. A CRD that is created again starts from nothing.
                version = ""
                self._watch_broke()
                await self._back_off(error)
            except errors.ApiError as error:
                self._watch_broke()
                await self._back_off(error)

    @property
    def not_ready_reason(self) -> str:
        """Why changes are not seen; empty while they are, and during short breaks."""
        if self.watching_since is not None:
            return ""
        tolerated = _TOLERATED_DEFINITE_BREAK if self._is_definite else _TOLERATED_BREAK
        if self.synced.is_set() and _loop_time() - self._not_watching_since < tolerated:
            return ""
        where = f" in namespace {self._namespace}" if self._namespace else ""
        why = self.last_error or "not listed yet"
        return f"{self._resource.plural}{where} are not watched: {why}"

    def _watch_opened(self) -> None:
        """Note that the watch sees changes. A watch that continues where it ended has no gap."""
        if self.watching_since is None:
            self.watching_since = self._clock()

    def _watch_broke(self) -> None:
        if self.watching_since is not None:
            self.watching_since, self._not_watching_since = None, _loop_time()

    async def _back_off(self, error: errors.ApiError) -> None:
        """Pause for longer with each failure in a row, and not in step with other informers."""
        self._failures += 1
        self.last_error = str(error)
        if isinstance(error, errors.NotFound) and self._not_served_message:
            self.last_error = self._not_served_message
        self._is_definite = isinstance(error, errors.NotFound | errors.NotPermitted)
        first, longest = _BACKOFF
        if self._is_definite:
            longest = _LONGEST_DEFINITE_BACKOFF
        pause = min(longest, first * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1)
        logged, when = self._last_logged
        if logged != self.last_error or _loop_time() - when >= _REPEAT_LOG:
            self._last_logged = (self.last_error, _loop_time())
            _log.warning("%s: %s; again in %.1f s", self._resource.plural, self.last_error, pause)
        await asyncio.sleep(pause)

    async def _relist(self) -> str:
        """Replace the store by a list, page by page; return the list's resource version.

        Where that version expires between two pages, everything is listed in one page.
        """
        try:
            found, unparsed, version = await self._list(_PAGE_SIZE)
        except errors.Gone:
            found, unparsed, version = await self._list(0)
        turns = LoopTurns()
        for _ in self.replace_in_steps(found, unparsed, version):
            await turns.yield_when_due()
        return version

    async def _list(self, limit: int) -> tuple[dict[Key, R], set[str], str]:
        """Return the parsed objects of a list, the uids of unparseable objects, and the list's version.

        Args:
            limit: objects in a page, 0 for all.
        """
        found: dict[Key, R] = {}
        unparsed: set[str] = set()
        token, turns = "", LoopTurns()
        while True:
            page = await self._page(token, limit)
            version = str(page["metadata"]["resourceVersion"])
            if version.isdecimal() and is_newer(self.newest_version, version):
                # Objects created since would be taken for deleted.
                raise errors.Unavailable("this list is older than what has been seen")
            for body in page["items"] or ():
                parsed = self.try_parse(body)
                if parsed is not None:
                    found[parsed.namespace, parsed.name] = parsed
                else:
                    unparsed.add(ObjectVersion.of(body).uid)
                await turns.yield_when_due()
            token = page["metadata"].get("continue", "")
            if not token:
                return found, unparsed, version

    async def _page(self, token: str, limit: int) -> dict[str, Any]:
        """Return a page of a list.

        A page after the first is requested until it arrives, rather than all pages again.
        """
        where = (self._resource, self._namespace, self._selector)
        while True:
            try:
                return await self._api.list_page(*where, token, limit)
            except errors.Unavailable as error:
                if not token:
                    raise
                await self._back_off(error)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
