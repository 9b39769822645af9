"""Which live trials have to be looked at, and when: so that a pass costs what has happened, not what
there is."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping


class Agenda:
    """Trials by index. One that is not on it rests: nothing about it has changed, and no time that it
    waits for has come."""

    def __init__(self) -> None:
        self._now: set[int] = set()
        self._times: dict[int, float] = {}
        self._heap: list[tuple[float, int]] = []

    def add(self, index: int) -> None:
        """Something about a trial has changed."""
        self._now.add(index)

    def add_all(self, indices: Iterable[int]) -> None:
        self._now.update(indices)

    def forget(self, index: int) -> None:
        """The trial has ended."""
        self._now.discard(index)
        self._times.pop(index, None)

    def due(self, now: float) -> list[int]:
        """Those to look at, in order. They stay on the agenda until ``rest``."""
        while self._heap and self._heap[0][0] <= now:
            when, index = heapq.heappop(self._heap)
            if self._times.get(index) == when:
                self._now.add(index)
        return sorted(self._now)

    def rest(self, looked: Iterable[int], busy: Iterable[int], wakes: Mapping[int, float]) -> None:
        """There is nothing to do about the trials that were looked at but the busy ones, until the
        time in ``wakes``, if there is one."""
        busy = set(busy)
        for index in looked:
            self._times.pop(index, None)
            if index not in busy:
                self._now.discard(index)
            if index in wakes:
                self.by(index, wakes[index])

    def by(self, index: int, when: float) -> None:
        """Look at a trial at some time at the latest."""
        if when < self._times.get(index, float("inf")):
            self._times[index] = when
            heapq.heappush(self._heap, (when, index))

    def next(self) -> float | None:
        """When time alone will put something on it."""
        while self._heap and self._times.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
