"""How all trials of a sweep stood at each interval: the running aggregate that policies read.

A report costs one bisection and one insertion into a sorted array; nothing is ever recounted.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

# Scores, and the trials that have them, in the order of the trials' indices.
Entries = tuple["array[float]", "array[int]"]


@dataclass(slots=True)
class IntervalRanking:
    """The scores of all trials at one interval, worst first, 12 bytes each.

    Among equal scores the later trial counts as the worse one, so that ties go to the earliest
    index (Azure semantics, "Intervals"), whichever reported first.
    """

    scores: array[float] = field(default_factory=lambda: array("d"))
    trials: array[int] = field(default_factory=lambda: array("i"))

    @classmethod
    def of(cls, entries: Entries) -> IntervalRanking:
        """All trials at once, which costs one sort."""
        import numpy as np  # needed for many trials only, and by none who only writes sweeps

        scores = np.frombuffer(entries[0])[::-1]
        # Of equal ones the later trial stays in front.
        order = np.argsort(scores, kind="stable")
        trials = np.frombuffer(entries[1], dtype=np.int32)[::-1]
        return cls(array("d", scores[order].tobytes()), array("i", trials[order].tobytes()))

    def place(self, score: float, trial: int) -> int:
        """How many entries stand below this one."""
        low, high = bisect_left(self.scores, score), bisect_right(self.scores, score)
        return bisect_left(self.trials, -trial, low, high, key=lambda t: -t)

    def insert(self, score: float, trial: int) -> int:
        """Enter a trial; returns how many stand below it."""
        place = self.place(score, trial)
        self.scores.insert(place, score)
        self.trials.insert(place, trial)
        return place

    def remove(self, trial: int) -> None:
        """Take a trial out, if it is there."""
        if trial in self.trials:
            place = self.trials.index(trial)
            del self.scores[place], self.trials[place]


@dataclass(frozen=True, slots=True)
class Rank:
    """One trial among those that reached the same interval.

    Attributes:
        score: the trial's best score, larger is better; minus infinity before any finite report.
        worse: how many other trials stand below it.
        own: the position of its own entry in ``scores``.
        scores: what is compared (bests or means) of all of them, its own included, worst first.
    """

    score: float
    worse: int
    own: int
    scores: array[float]

    @property
    def others(self) -> int:
        """How many other trials there are."""
        return len(self.scores) - 1

    def other(self, position: int) -> float:
        """The score of the other trial that has ``position`` other trials below it."""
        return self.scores[position if position < self.own else position + 1]

    def best_of_others(self) -> float:
        """The best score of any other trial; minus infinity when there is none."""
        return self.other(self.others - 1) if self.others else -math.inf

    @property
    def comparable(self) -> bool:
        """Whether any other trial has a finite score: among trials that reported nothing but NaN
        there is no worse one.
        """
        return math.isfinite(self.best_of_others())

    def median_of_others(self) -> float:
        """The median of the other trials' scores: of an even number, the mean of the middle two;
        minus infinity when there is none.
        """
        if not self.others:
            return -math.inf
        middle = self.others // 2
        if self.others % 2:
            return self.other(middle)
        # Halved first: the sum of two large scores may overflow.
        return self.other(middle - 1) / 2 + self.other(middle) / 2


@dataclass(slots=True)
class Rankings:
    """Per interval, where every trial stood."""

    _leagues: dict[int, IntervalRanking] = field(default_factory=dict)

    def record(self, trial: int, interval: int, best: float, compared: float) -> Rank:
        """Enter a trial at an interval and return its rank there.

        Args:
            best: its best score within its first ``interval`` reports.
            compared: what other trials are compared with: the same, or its mean score.

        A trial stands at an interval once; one that starts again is removed before.
        """
        league = self._leagues.setdefault(interval, IntervalRanking())
        place = league.insert(compared, trial)
        return Rank(best, place, place, league.scores)

    def fill(self, interval: int, entries: Entries) -> None:
        """Enter all trials of a sweep at an interval where none has been entered yet."""
        assert interval not in self._leagues
        self._leagues[interval] = IntervalRanking.of(entries)

    def leagues(self) -> Iterator[tuple[int, array[float]]]:
        """Every interval, from the first, with the scores there, worst first."""
        for interval in sorted(self._leagues):
            yield interval, self._leagues[interval].scores

    def remove(self, trial: int) -> None:
        """Take a trial out everywhere. This looks through all that is there; it is for a trial that
        starts again, which is rare.
        """
        for league in self._leagues.values():
            league.remove(trial)
