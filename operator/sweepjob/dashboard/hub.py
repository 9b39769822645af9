"""All sweeps in reach, and the rooms of those that are looked at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kube.client import KubeClient
from ..kube.informer import Informer, Key
from ..kube.resources import SWEEPJOBS
from .room import NotThere, Room, synced

Body = Mapping[str, Any]
_LINGER = (
    30.0  # seconds that a room stays after its last viewer: a page that is loaded anew finds it
)


@dataclass(frozen=True, slots=True)
class SeenSweep:
    """A SweepJob as it was seen last."""

    body: Body

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])

    @property
    def version(self) -> str:
        return str(self.body["metadata"]["resourceVersion"])


class Hub:
    """What the page knows.

    Args:
        namespaces: whose sweeps; None among them is all.
    """

    def __init__(self, api: KubeClient, namespaces: Sequence[str | None]) -> None:
        self._api = api
        self._rooms: dict[Key, Room] = {}
        self._news = asyncio.Event()
        self._reflectors = [
            Informer(api, SWEEPJOBS, SeenSweep, self._note, namespace) for namespace in namespaces
        ]

    async def run(self) -> None:
        """Watch the sweeps, for ever."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors:
                group.create_task(reflector.run())

    def close(self) -> None:
        """Nobody looks any more."""
        for room in self._rooms.values():
            room.close()
        self._rooms.clear()

    async def synced(self, seconds: float = 15.0) -> None:
        """Returns when all sweeps have been read.

        Raises:
            NotThere: not within so many seconds, and why.
        """
        await asyncio.gather(*(synced(reflector, seconds) for reflector in self._reflectors))

    def sweeps(self) -> list[Body]:
        """All of them."""
        return [seen.body for reflector in self._reflectors for seen in reflector]

    async def change(self) -> None:
        """Returns when any sweep has changed."""
        await self._news.wait()

    def _note(self, old: SeenSweep | None, new: SeenSweep | None) -> None:
        self._news.set()
        self._news = asyncio.Event()
        seen = new or old
        assert seen is not None
        key = (seen.namespace, seen.name)
        room = self._rooms.get(key)
        if room is None:
            return
        if new is None or (old is not None and old.uid != new.uid):
            del self._rooms[key]
            room.close()
        else:
            room.show(new.body)

    @contextlib.asynccontextmanager
    async def room(self, namespace: str, name: str) -> AsyncIterator[Room]:
        """The room of a sweep, which stays for as long as this is open.

        Raises:
            NotThere: there is no such sweep.
        """
        key = (namespace, name)
        found = (r.get(namespace, name) for r in self._reflectors)
        seen = next((s for s in found if s is not None), None)
        if seen is None:
            raise NotThere(f"there is no sweep {namespace}/{name}")
        if key not in self._rooms:
            self._rooms[key] = Room(self._api, seen.body)
        room = self._rooms[key]
        room.viewers += 1
        try:
            yield room
        finally:
            room.viewers -= 1
            asyncio.get_running_loop().call_later(_LINGER, self._leave, key, room)

    async def warm(self, namespace: str, name: str) -> None:
        """Begin to read a sweep that will be looked at in a moment."""
        with contextlib.suppress(NotThere):
            await self.synced()
            async with self.room(namespace, name):
                pass

    def _leave(self, key: Key, room: Room) -> None:
        if room.viewers == 0 and self._rooms.get(key) is room:
            del self._rooms[key]
            room.close()
