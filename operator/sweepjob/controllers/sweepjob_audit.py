"""Compares the SweepJobs that are known with those that there are, and repairs the difference.

A watch that is deaf looks like one in which nothing happens. Deletions while a watch was down are never
told at all.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.informer import is_newer
from ..telemetry import metrics

_log = logging.getLogger(__name__)
# Seconds that the watch has to tell what a list shows, and between two looks whether it has.
_GRACE, _LOOK_AGAIN = 10.0, 0.25

Key = tuple[str, str]


class OnSweepJob(Protocol):
    """Is told of a SweepJob as it is now, or as it was when it was deleted."""

    def __call__(self, body: Mapping[str, Any], *, deleted: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Version:
    """Which SweepJob of a name it is, and how new."""

    uid: str
    version: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Version:
        meta = body["metadata"]
        return cls(meta["uid"], meta["resourceVersion"])


Versions = Mapping[Key, Version]


def find_missed(before: Versions, listed: Versions, now: Versions) -> set[Key]:
    """The SweepJobs about which the watch has not told what a list has shown.

    Args:
        before: what was known before the list was asked for.
        listed: the list.
        now: what is known now.
    """
    untold = {
        key
        for key, seen in listed.items()
        if (known := now.get(key)) is None
        or known.uid != seen.uid
        or is_newer(seen.version, known.version)
    }
    gone = {
        key
        for key, was in before.items()
        if key not in listed and key in now and now[key].uid == was.uid
    }
    return untold | gone


@dataclass(frozen=True, slots=True)
class Missed:
    """How much a watch had not told: SweepJobs that are new or changed, and deletions."""

    changes: int
    deletions: int


class SweepJobAudit:
    """Looks for changes that the watch has missed.

    Args:
        known: tells the SweepJobs that are known.
        on_event: is told of a SweepJob as it is, and whether it is deleted, as if by the watch.
    """

    def __init__(
        self,
        api: KubeClient,
        known: Callable[[], dict[Key, Version]],
        on_event: OnSweepJob,
    ) -> None:
        self._api = api
        self._known = known
        self._on_event = on_event

    async def run(self, namespaces: tuple[str, ...]) -> Missed | None:
        """Returns what was missed, and is known now; None when it cannot be said.

        Raises:
            NotFound, NotPermitted: SweepJobs are not served, or may not be listed, any more.
        """
        before = {k: v for k, v in self._known().items() if not namespaces or k[0] in namespaces}
        try:
            listed = await self._list(namespaces)
            missed = await self._await_told(before, listed)
            repaired = {key: await self._repair(key, listed) for key in missed}
        except (errors.NotFound, errors.NotPermitted):
            raise
        except errors.ApiError as error:
            _log.warning("SweepJobs cannot be compared with what is known: %s", error)
            return None
        kinds = Counter(repaired.values())
        found = Missed(kinds["changed"], kinds["deleted"])
        count = found.changes + found.deletions
        metrics.MISSED_CHANGES.inc(count)
        if count:
            some = ", ".join("/".join(key) for key, how in sorted(repaired.items()) if how)[:500]
            _log.warning("the watch of SweepJobs had missed %d changes, now known: %s", count, some)
        return found

    async def _list(self, namespaces: tuple[str, ...]) -> dict[Key, Version]:
        found: dict[Key, Version] = {}
        for namespace in namespaces or (None,):
            token = ""
            while True:
                page = await self._api.list_metadata(resources.SWEEPJOBS, namespace, token)
                for item in page["items"]:
                    meta = item["metadata"]
                    found[meta["namespace"], meta["name"]] = Version.of(item)
                token = page["metadata"].get("continue", "")
                if not token:
                    break
        return found

    async def _await_told(self, before: Versions, listed: Versions) -> set[Key]:
        """What the watch still has not told when its time is over."""
        deadline = asyncio.get_running_loop().time() + _GRACE
        while True:
            missed = find_missed(before, listed, self._known())
            if not missed or asyncio.get_running_loop().time() >= deadline:
                return missed
            await asyncio.sleep(_LOOK_AGAIN)

    async def _repair(self, key: Key, listed: Versions) -> Literal["", "changed", "deleted"]:
        """Make a SweepJob known as it is, unless it is; what there was to make known."""
        try:
            found = await self._api.get(resources.SWEEPJOBS, *key)
        except errors.NotFound:
            known = self._known().get(key)
            if known is None:
                return ""  # deleted since, which was told
            meta = {"namespace": key[0], "name": key[1], "uid": known.uid}
            self._on_event({"metadata": meta}, deleted=True)
            return "deleted"
        known = self._known().get(key)
        if known is not None and known.uid == found["metadata"]["uid"]:
            wanted = listed.get(key)
            if wanted is None or not is_newer(wanted.version, known.version):
                return ""  # told while it was asked for
        self._on_event(found, deleted=False)
        return "changed"
