"""Compares the SweepJobs that are known with a list of them, and repairs the difference.

A watch that delivers nothing looks like one in which nothing happens. Deletions while a watch was down
are never delivered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..api.resources import SWEEPJOBS
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.object_cache import is_newer
from ..telemetry import metrics

_log = logging.getLogger(__name__)
# Seconds that the watch has to deliver what a list contains, and between two checks whether it has.
_GRACE, _POLL = 10.0, 0.25

Key = tuple[str, str]


class SweepJobEventHandler(Protocol):
    """Handles a SweepJob as it is now, or as it was when it was deleted."""

    def __call__(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        """Handle the SweepJob."""
        ...


@dataclass(frozen=True, slots=True)
class SweepJobVersion:
    """The uid and the resource version of a SweepJob."""

    uid: str
    version: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> SweepJobVersion:
        """Return the versions of an object in lists."""
        meta = body["metadata"]
        return cls(meta["uid"], meta["resourceVersion"])


SweepJobVersions = Mapping[Key, SweepJobVersion]


def find_missed_events(
    before: SweepJobVersions, listed: SweepJobVersions, now: SweepJobVersions
) -> set[Key]:
    """Return the SweepJobs whose version in a list was not delivered by the watch.

    Args:
        before: the SweepJobs that were known before the list was requested.
        listed: those in the list.
        now: those that are known now.
    """
    undelivered = {
        key
        for key, seen in listed.items()
        if (known := now.get(key)) is None
        or known.uid != seen.uid
        or is_newer(seen.version, known.version)
    }
    deleted = {
        key
        for key, was in before.items()
        if key not in listed and key in now and now[key].uid == was.uid
    }
    return undelivered | deleted


@dataclass(frozen=True, slots=True)
class MissedEvents:
    """The number of events that a watch missed: new or changed SweepJobs, and deletions."""

    changes: int
    deletions: int


class SweepJobAudit:
    """Finds and repairs what the watch has missed.

    Args:
        api: the client.
        known: returns the SweepJobs that are known.
        on_event: called as by the watch: with a SweepJob, and whether it was deleted.
    """

    def __init__(
        self,
        api: KubeClient,
        known: Callable[[], dict[Key, SweepJobVersion]],
        on_event: SweepJobEventHandler,
    ) -> None:
        self._api = api
        self._known = known
        self._on_event = on_event

    async def run(self, namespaces: tuple[str, ...]) -> MissedEvents | None:
        """Compare once, and repair the difference.

        Args:
            namespaces: the namespaces to compare; none for all.

        Returns:
            What was missed; None when the API server did not answer.

        Raises:
            NotFound, NotPermitted: SweepJobs are no longer served, or may no longer be listed.
        """
        before = {k: v for k, v in self._known().items() if not namespaces or k[0] in namespaces}
        try:
            listed = await self._list(namespaces)
            missed = await self._await_delivery(before, listed)
            repaired = {key: await self._repair(key, listed) for key in missed}
        except (errors.NotFound, errors.NotPermitted):
            raise
        except errors.ApiError as error:
            _log.warning("SweepJobs cannot be compared with what is known: %s", error)
            return None
        kinds = Counter(repaired.values())
        found = MissedEvents(kinds["changed"], kinds["deleted"])
        count = found.changes + found.deletions
        metrics.MISSED_CHANGES.inc(count)
        if count:
            some = ", ".join("/".join(key) for key, how in sorted(repaired.items()) if how)[:500]
            _log.warning("the watch of SweepJobs had missed %d changes, now known: %s", count, some)
        return found

    async def _list(self, namespaces: tuple[str, ...]) -> dict[Key, SweepJobVersion]:
        found: dict[Key, SweepJobVersion] = {}
        for namespace in namespaces or (None,):
            token = ""
            while True:
                page = await self._api.list_metadata(SWEEPJOBS, namespace, token)
                for item in page["items"]:
                    meta = item["metadata"]
                    found[meta["namespace"], meta["name"]] = SweepJobVersion.of(item)
                token = page["metadata"].get("continue", "")
                if not token:
                    break
        return found

    async def _await_delivery(self, before: SweepJobVersions, listed: SweepJobVersions) -> set[Key]:
        """Return the SweepJobs that the watch has not delivered completely in time."""
        deadline = asyncio.get_running_loop().time() + _GRACE
        while True:
            missed = find_missed_events(before, listed, self._known())
            if not missed or asyncio.get_running_loop().time() >= deadline:
                return missed
            await asyncio.sleep(_POLL)

    async def _repair(
        self, key: Key, listed: SweepJobVersions
    ) -> Literal["", "changed", "deleted"]:
        """Deliver a SweepJob as it is now, unless the watch did so; return what was delivered."""
        try:
            found = await self._api.get(SWEEPJOBS, *key)
        except errors.NotFound:
            known = self._known().get(key)
            if known is None:
                return ""  # deleted since, which the watch delivered
            meta = {"namespace": key[0], "name": key[1], "uid": known.uid}
            self._on_event({"metadata": meta}, deleted=True)
            return "deleted"
        known = self._known().get(key)
        if known is not None and known.uid == found["metadata"]["uid"]:
            wanted = listed.get(key)
            if wanted is None or not is_newer(wanted.version, known.version):
                return ""  # delivered while it was requested
        self._on_event(found, deleted=False)
        return "changed"
