"""Versions of a sweep's document, and which trials changed in which."""

from __future__ import annotations

import asyncio


class ChangeLog:
    """Numbers every change, and remembers for each trial the version of its last change.

    Attributes:
        version: the number of the last change; grows by one with every change.
    """

    def __init__(self) -> None:
        self.version = 1
        self._changed: dict[int, int] = {}  # version of the last change, by the trial's index
        self._deleted: dict[int, int] = {}  # version of the deletion, by the trial's index
        self._next_change = asyncio.Event()

    def record(self) -> None:
        """Record a change of something other than a trial."""
        self.version += 1
        self._next_change.set()
        self._next_change = asyncio.Event()

    def record_trial(self, index: int) -> None:
        """Record that a trial was added or modified."""
        self.record()
        self._deleted.pop(index, None)
        self._changed[index] = self.version

    def record_deletion(self, index: int) -> None:
        """Record that a trial was deleted."""
        self.record()
        self._changed.pop(index, None)
        self._deleted[index] = self.version

    async def wait(self) -> None:
        """Wait for the next change."""
        await self._next_change.wait()

    def has_changed(self, index: int, since: int) -> bool:
        """Return whether a trial was added or modified after a version."""
        return self._changed.get(index, self.version) > since

    def deleted(self, since: int) -> list[int]:
        """Return the indices of the trials that were deleted after a version."""
        return [index for index, version in self._deleted.items() if version > since]
