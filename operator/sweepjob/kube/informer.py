"""A cache of one kind of object: list, then watch, kept as small records.

What a watch cannot say (objects that went while it was down) is found by comparing with the next
list. Our own writes are entered at once, so that a decision never rests on a state from before them.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from ..api import names
from . import errors
from .client import KubeClient
from .crds import missing_crd
from .quarantine import Identity, Quarantine
from .resources import Resource

_log = logging.getLogger(__name__)
_BACKOFF = (0.2, 15.0)  # seconds, first and longest
_PAGE = 500
# Seconds between two looks for a resource that is not served, or that we may not see: both can be mended
# any moment, and one look is one cheap request.
_LONGEST_DEFINITE = 2.0
_SAY_AGAIN = 60.0  # seconds between two lines about the same trouble
# Seconds without a watch that count for nothing: one that is broken comes back, as a rule.
_BLINK, _BLINK_DEFINITE = 30.0, 3.0


class Cached(Protocol):
    """What the cache needs to know of a record."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def version(self) -> str: ...


R = TypeVar("R", bound=Cached)
Key = tuple[str, str]


class Informer(Generic[R]):
    """Keeps ``records`` like the API server's, by namespace and name.

    Args:
        project: makes the record of an object; everything else of it is forgotten.
        changed: called with the old and the new record (None: there was, or is, none).
        merge: makes of the old and the new record of one object the one to keep.
        clock: seconds since the epoch.

    Attributes:
        quarantine: the objects that cannot be read or handled.
        since: seconds since the epoch since when it has seen all that happens, without a break; None
            while it does not.
    """

    def __init__(
        self,
        gateway: KubeClient,
        resource: Resource,
        project: Callable[[Mapping[str, Any]], R],
        changed: Callable[[R | None, R | None], None],
        namespace: str | None = None,
        selector: str = "",
        merge: Callable[[R, R], R] = lambda old, new: new,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self.quarantine = Quarantine(resource.plural)
        self.since: float | None = None
        self._blind_since = -math.inf
        self._said = ("", -math.inf)
        self._merge = merge
        self.records: dict[Key, R] = {}
        self._newest = "0"  # version that was seen
        self._failures = 0  # in a row
        self.trouble = ""  # what the last of them was
        self._is_definite = False  # whether no waiting mends it
        self.synced = asyncio.Event()
        self._gateway = gateway
        self._resource = resource
        self._project = project
        self._changed = changed
        self._namespace = namespace
        self._selector = selector

    async def run(self) -> None:
        """List and watch for ever; returns only by cancellation."""
        version = ""
        while True:
            try:
                if not version:
                    version = await self._list()
                    self._failures = 0
                    if not self.synced.is_set():
                        self.synced.set()
                        self._blind_since = _now()
                async for event in self._gateway.watch(
                    self._resource, self._namespace, self._selector, version, self._opened
                ):
                    version = self._apply(event) or version
                    self._failures = 0
            except errors.Gone:
                version = ""
                self._close()
            except errors.NotFound as error:
                # The resource is not served: its CRD is gone, and what comes back is another one.
                version = ""
                self._close()
                await self._pause(error)
            except errors.ApiError as error:
                self._close()
                await self._pause(error)

    def _close(self) -> None:
        """The watch has a break from now on."""
        if self.since is not None:
            self.since, self._blind_since = None, _now()

    @property
    def problem(self) -> str:
        """Why it does not see what happens; empty while it does, and in short breaks."""
        if self.since is not None:
            return ""
        blink = _BLINK_DEFINITE if self._is_definite else _BLINK
        if self.synced.is_set() and _now() - self._blind_since < blink:
            return ""
        where = f" in namespace {self._namespace}" if self._namespace else ""
        return f"{self._resource.plural}{where} are not watched: {self.trouble or 'not listed yet'}"

    def _opened(self) -> None:
        """A watch that has ended by itself, and goes on where it ended, is no break."""
        if self.since is None:
            self.since = self._clock()

    async def _pause(self, error: errors.ApiError) -> None:
        """Longer with every failure in a row, and not at the same time as others."""
        self._failures += 1
        self.trouble = str(error)
        if isinstance(error, errors.NotFound) and names.GROUP in self._resource.prefix:
            self.trouble = missing_crd(self._resource.plural, {})
        self._is_definite = isinstance(error, errors.NotFound | errors.NotPermitted)
        first, longest = _BACKOFF
        if self._is_definite:
            longest = _LONGEST_DEFINITE
        pause = min(longest, first * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1)
        (before, when), said = self._said, self.trouble
        if before != said or _now() - when >= _SAY_AGAIN:
            self._said = (said, _now())
            _log.warning("%s: %s; again in %.1f s", self._resource.plural, said, pause)
        await asyncio.sleep(pause)

    def put(self, body: Mapping[str, Any]) -> R:
        """Enter the answer to our own write; returns its record."""
        record = self._project(body)
        self._has_seen(record.version)
        self._enter(record)
        return self.records.get((record.namespace, record.name), record)

    def get(self, namespace: str, name: str) -> R | None:
        return self.records.get((namespace, name))

    def __iter__(self) -> Iterator[R]:
        return iter(list(self.records.values()))

    async def _list(self) -> str:
        """All there is, page by page; where the pages' version is forgotten meanwhile, at once."""
        try:
            found, unread, version = await self._read(_PAGE)
        except errors.Gone:
            found, unread, version = await self._read(0)
        self.quarantine.retain(unread)
        for key in self.records.keys() - found.keys():
            # One that cannot be read any more is there all the same, as it was seen last.
            if self.records[key].uid not in unread:
                self._remove(key)
        for record in found.values():
            self._enter(record)
        self._newest = version
        return version

    async def _read(self, limit: int) -> tuple[dict[Key, R], set[str], str]:
        """The records of a list in pages of so many, 0 for one page; the uids of objects that cannot be
        read; the list's version.
        """
        found: dict[Key, R] = {}
        unread: set[str] = set()
        token = ""
        while True:
            page = await self._page(token, limit)
            version = str(page["metadata"]["resourceVersion"])
            if version.isdecimal() and is_newer(self._newest, version):
                # What was made since would be taken for deleted.
                raise errors.Unavailable("this list is from before what was seen already")
            for body in page["items"] or ():
                record = self._try_project(body)
                if record is not None:
                    found[record.namespace, record.name] = record
                else:
                    unread.add(Identity.of(body).uid)
            token = page["metadata"].get("continue", "")
            if not token:
                return found, unread, version

    async def _page(self, token: str, limit: int) -> dict[str, Any]:
        """A page; one in the middle is asked for until it comes, rather than all of them anew."""
        where = (self._resource, self._namespace, self._selector)
        while True:
            try:
                return await self._gateway.list_page(*where, token, limit)
            except errors.Unavailable as error:
                if not token:
                    raise
                await self._pause(error)

    def _apply(self, event: Mapping[str, Any]) -> str:
        """Take in an event; returns the resource version that it brings, if any."""
        body = event["object"]
        seen = Identity.of(body)
        self._has_seen(seen.version)
        if event["type"] == "DELETED":
            self._forget(seen)
        elif event["type"] != "BOOKMARK":
            record = self._try_project(body)
            if record is not None:
                self._enter(record)
        return seen.version

    def _forget(self, gone: Identity) -> None:
        """An object was deleted, whatever else it says."""
        self.quarantine.release(gone.uid)
        key = (gone.namespace, gone.name)
        # The name may have been taken by a new object meanwhile.
        if key in self.records and self.records[key].uid == gone.uid:
            self._remove(key)

    def _has_seen(self, version: str) -> None:
        """A watch may be behind our own writes: what it tells does not make these unseen."""
        if is_newer(version, self._newest):
            self._newest = version

    def _try_project(self, body: Mapping[str, Any]) -> R | None:
        """The record of an object; None of one that cannot be read, which is nothing to the others."""
        try:
            record = self._project(body)
        except Exception as error:  # noqa: BLE001 - whatever somebody wrote into one object
            self.quarantine.add(Identity.of(body), error)
            return None
        self.quarantine.release(record.uid)
        return record

    def _enter(self, record: R) -> None:
        key = (record.namespace, record.name)
        old = self.records.get(key)
        if old is not None and old.uid == record.uid:
            if not is_newer(record.version, old.version):
                return
            record = self._merge(old, record)
        self.records[key] = record
        self._tell(old, record)

    def _remove(self, key: Key) -> None:
        self._tell(self.records.pop(key), None)

    def _tell(self, old: R | None, new: R | None) -> None:
        """Have a change handled. What goes wrong with one object ends no watch."""
        try:
            self._changed(old, new)
        except Exception as error:  # noqa: BLE001 - the others' objects are to be handled
            about = new or old
            assert about is not None
            identity = Identity(about.namespace, about.name, about.uid, about.version)
            self.quarantine.add(identity, error)


def _now() -> float:
    """Seconds, from any moment on."""
    return asyncio.get_running_loop().time()


def is_newer(new: str, old: str) -> bool:
    """Whether a resource version is later than another.

    Versions of one resource are comparable whole numbers (Kubernetes 1.35 guarantees it; earlier
    ones with etcd behave so). An event from before our own write must not undo it.
    """
    if new.isdecimal() and old.isdecimal():
        return int(new) > int(old)
    return new != old
