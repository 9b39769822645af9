"""How all trials of a sweep stood at each interval: the running aggregate that policies read.

A report costs one bisection and one insertion into a sorted list; nothing is ever recounted.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

# Sorted worst first. Among equal scores the later trial counts as the worse one, so that ties go to
# the earliest index (Azure semantics, section 11, rule 8).
_Entry = tuple[float, int]


@dataclass(frozen=True, slots=True)
class Rank:
    """One trial among those that reached the same interval.

    Attributes:
        score: the trial's score, larger is better; minus infinity before any finite report.
        worse: how many trials stand below it.
        ordered: the scores of all of them with the trial's own, worst first.
    """

    score: float
    worse: int
    ordered: Sequence[_Entry]

    @property
    def others(self) -> int:
        return len(self.ordered) - 1

    def best_of_others(self) -> float:
        """The best score of any other trial; minus infinity when there is none."""
        if self.others == 0:
            return -math.inf
        is_first = self.worse == len(self.ordered) - 1
        return self.ordered[-2 if is_first else -1][0]

    def score_at(self, position: int) -> float:
        """The score of the trial that has ``position`` trials below it."""
        return self.ordered[position][0]


@dataclass(slots=True)
class Standings:
    """Per interval, every trial's running best score."""

    _by_interval: dict[int, list[_Entry]] = field(default_factory=dict)
    _reached: dict[int, set[int]] = field(default_factory=dict)

    def record(self, trial: int, interval: int, score: float) -> Rank:
        """Enter a trial's running best at an interval and return its rank there.

        A trial stands at an interval once: a new attempt that comes to the same interval again is
        ranked by its new score but the first entry stays.
        """
        entries = self._by_interval.setdefault(interval, [])
        entry = (score, -trial)
        reached = self._reached.setdefault(interval, set())
        if trial not in reached:
            reached.add(trial)
            insort(entries, entry)
            return Rank(score, bisect_left(entries, entry), entries)
        others = [e for e in entries if e[1] != -trial]
        insort(others, entry)
        return Rank(score, bisect_left(others, entry), others)
