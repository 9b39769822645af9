"""A sweep in virtual time: workers that train trials one epoch after the other."""

from __future__ import annotations

import heapq
from typing import Any, Protocol

from .surrogate import Surrogate

WORKERS = 4
# GPU-time after which the best value counts, in full trials of mean length.
BUDGETS = (5, 10, 20, 40)


class Searcher(Protocol):
    """Decides what runs: ours, or a peer."""

    def next(self, now: float) -> dict[str, Any] | None: ...

    def report(self, trial: int, value: float, now: float) -> str: ...

    def end(self, trial: int, now: float) -> None: ...


def simulate(surrogate: Surrogate, searcher: Searcher) -> list[float]:
    """Return the best value reported so far, after each budget."""
    return Simulation(surrogate, searcher).run()


class Simulation:
    """Trials, their curves, and the times of their next reports.

    Attributes:
        made: the number of reports of each trial.
        spent: seconds of each trial.
    """

    def __init__(self, surrogate: Surrogate, searcher: Searcher) -> None:
        self.surrogate = surrogate
        self.searcher = searcher
        self.made: dict[int, int] = {}
        self.spent: dict[int, float] = {}
        self._curves: dict[int, tuple[list[float], float]] = {}
        self._due: list[tuple[float, int]] = []

    def run(self) -> list[float]:
        sign, best, found = self.surrogate.task.sign, float("-inf"), list[float]()
        limits = [b * self.surrogate.seconds / WORKERS for b in BUDGETS]
        for _ in range(WORKERS):
            self._start(0.0)
        while self._due:
            now, trial = heapq.heappop(self._due)
            while len(found) < len(limits) and now > limits[len(found)]:
                found.append(sign * best)
            if len(found) == len(limits):
                break
            best = max(best, sign * self._report(now, trial))
        return [*found, *[sign * best] * (len(limits) - len(found))]

    def _start(self, now: float) -> None:
        chosen = self.searcher.next(now)
        if chosen is None:
            return
        trial = chosen["trial"]
        if "config" in chosen:
            self._curves[trial] = self.surrogate.curve(chosen["config"])
            self.made[trial], self.spent[trial] = 0, 0.0
        heapq.heappush(self._due, (now + self._curves[trial][1], trial))

    def _report(self, now: float, trial: int) -> float:
        values, seconds = self._curves[trial]
        value = values[self.made[trial]]
        self.made[trial] += 1
        self.spent[trial] += seconds
        action = self.searcher.report(trial, value, now)
        if action == "continue" and self.made[trial] < len(values):
            heapq.heappush(self._due, (now + seconds, trial))
            return value
        if action == "continue":
            self.searcher.end(trial, now)
        self._start(now)
        return value
