"""Objects, versions and history: what etcd and the watch cache are to the API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
Key = tuple[str, str]  # namespace, name


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change, and when it was (seconds since the epoch). ``old`` and ``new`` are never
    changed afterwards.
    """

    version: int
    at: float
    resource: str
    old: Body | None
    new: Body | None

    @property
    def body(self) -> Body:
        found = self.new or self.old
        assert found is not None
        return found


class Compacted(Exception):
    """The version is older than the history that is kept."""


@dataclass
class Store:
    """All objects by resource, and the last changes.

    Args:
        clock: seconds since the epoch.
        kept: changes that are remembered for watches and continued lists.
    """

    clock: Callable[[], float]
    kept: int = 1000
    version: int = 100
    objects: dict[str, dict[Key, Body]] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    dropped: int = 0
    observers: list[Callable[[Change], None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def all(self, resource: str) -> dict[Key, Body]:
        return self.objects.setdefault(resource, {})

    def get(self, resource: str, key: Key) -> Body | None:
        return self.all(resource).get(key)

    def put(self, resource: str, body: Body) -> Body:
        """Commit a new or changed object; one that is the same as before is no change."""
        key = (body["metadata"].get("namespace", ""), body["metadata"]["name"])
        old = self.get(resource, key)
        if old is not None and _content(old) == _content(body):
            return old
        self.version += 1
        new: Body = json.loads(json.dumps(body))
        new["metadata"]["resourceVersion"] = str(self.version)
        self.all(resource)[key] = new
        self._commit(Change(self.version, self.clock(), resource, old, new))
        return new

    def remove(self, resource: str, key: Key) -> Body:
        old = self.all(resource).pop(key)
        self.version += 1
        last = {**old, "metadata": {**old["metadata"], "resourceVersion": str(self.version)}}
        self._commit(Change(self.version, self.clock(), resource, last, None))
        return last

    def _commit(self, change: Change) -> None:
        self.history.append(change)
        if len(self.history) > self.kept:
            self.compact(len(self.history) - self.kept)
        self._changed.set()
        self._changed = asyncio.Event()
        for observer in self.observers:
            observer(change)

    def compact(self, count: int) -> None:
        """Forget the oldest changes."""
        self.dropped += min(count, len(self.history))
        del self.history[:count]

    @property
    def floor(self) -> int:
        """The oldest version from which a watch can start."""
        return self.history[0].version - 1 if self.history else self.version

    async def changes(self, version: int) -> AsyncIterator[Change]:
        """Every change after a version, for ever.

        Raises:
            Compacted: one of them has been forgotten.
        """
        if version < self.floor:
            raise Compacted
        position = self.dropped + sum(change.version <= version for change in self.history)
        while True:
            if position < self.dropped:
                raise Compacted
            for change in self._from(position):
                position += 1
                yield change
            if position >= self.dropped + len(self.history):
                await self._changed.wait()

    def _from(self, position: int) -> Iterator[Change]:
        yield from self.history[position - self.dropped :]


def _content(body: Body) -> Body:
    meta = {k: v for k, v in body["metadata"].items() if k != "resourceVersion"}
    return {**body, "metadata": meta}
