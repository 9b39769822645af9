"""Stores objects, their versions and their history, as etcd and the watch cache do."""

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
    """A committed change. ``old`` and ``new`` are never modified.

    Attributes:
        version: resource version.
        at: time in seconds since the epoch.
        resource: resource in the plural, such as ``pods``.
        old: the object before; None for a new one.
        new: the object after; None for a deleted one.
    """

    version: int
    at: float
    resource: str
    old: Body | None
    new: Body | None

    @property
    def body(self) -> Body:
        """The object after the change, or before its deletion."""
        found = self.new or self.old
        assert found is not None
        return found


class Compacted(Exception):
    """The version is older than the stored history."""


@dataclass
class Store:
    """All objects by resource, and the last changes.

    Attributes:
        clock: returns seconds since the epoch.
        history_limit: number of changes that are stored for watches and continued lists.
        version: version of the last change.
        objects: objects by resource, namespace and name.
        history: the last changes.
        compacted_count: number of changes that are no longer in the history.
        observers: called after each change.
    """

    clock: Callable[[], float]
    history_limit: int = 1000
    version: int = 100
    objects: dict[str, dict[Key, Body]] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    compacted_count: int = 0
    observers: list[Callable[[Change], None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def all(self, resource: str) -> dict[Key, Body]:
        """Return all objects of a resource by namespace and name."""
        return self.objects.setdefault(resource, {})

    def get(self, resource: str, key: Key) -> Body | None:
        """Return an object; None if it does not exist."""
        return self.all(resource).get(key)

    def put(self, resource: str, body: Body) -> Body:
        """Commit a new or changed object, and return it. An object without changes is not committed."""
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
        """Delete an object, and return its last state."""
        old = self.all(resource).pop(key)
        self.version += 1
        last = {**old, "metadata": {**old["metadata"], "resourceVersion": str(self.version)}}
        self._commit(Change(self.version, self.clock(), resource, last, None))
        return last

    def _commit(self, change: Change) -> None:
        self.history.append(change)
        if len(self.history) > self.history_limit:
            self.compact(len(self.history) - self.history_limit)
        self._changed.set()
        self._changed = asyncio.Event()
        for observer in self.observers:
            observer(change)

    def compact(self, count: int) -> None:
        """Drop the oldest ``count`` changes of the history."""
        self.compacted_count += min(count, len(self.history))
        del self.history[:count]

    @property
    def floor(self) -> int:
        """The oldest version that a watch can start from."""
        return self.history[0].version - 1 if self.history else self.version

    async def changes(self, version: int) -> AsyncIterator[Change]:
        """Yield each change after a version, without end.

        Raises:
            Compacted: a change is no longer in the history.
        """
        if version < self.floor:
            raise Compacted
        position = self.compacted_count + sum(change.version <= version for change in self.history)
        while True:
            if position < self.compacted_count:
                raise Compacted
            for change in self._from(position):
                position += 1
                yield change
            if position >= self.compacted_count + len(self.history):
                await self._changed.wait()

    def _from(self, position: int) -> Iterator[Change]:
        yield from self.history[position - self.compacted_count :]


def owner_of(body: Body) -> str:
    """Return the uid of the first owner of an object, such as the Job of a pod; empty without one."""
    return str((body["metadata"].get("ownerReferences") or [{}])[0].get("uid", ""))


def _content(body: Body) -> Body:
    meta = {k: v for k, v in body["metadata"].items() if k != "resourceVersion"}
    return {**body, "metadata": meta}
