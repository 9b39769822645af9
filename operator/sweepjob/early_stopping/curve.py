"""The learning curve of a trial: its reports in full up to a limit, then thinned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain, count, islice, repeat, takewhile
from operator import truediv
from typing import NamedTuple

from ..objective import Goal

# The first reports are kept in full; from there on, 125 for every doubling of their number.
FULLY_KEPT = 1000
_PER_OCTAVE = 125
# Sums are whole multiples of the smallest float, 2**-1074, so that no addition rounds.
UNIT_EXPONENT = 1074


def is_kept(interval: int) -> bool:
    """Return whether every curve keeps its report at this interval.

    All intervals up to 1,000 are kept, each 8th up to 2,000, each 16th up to 4,000, and so on. The
    rule depends on the number alone, so that curves of different lengths share their intervals.

    Args:
        interval: the number of a report, from 1.
    """
    octave = ((interval - 1) // FULLY_KEPT).bit_length()
    step = FULLY_KEPT // _PER_OCTAVE << octave >> 1
    return octave == 0 or interval % step == 0


def to_units(score: float) -> int:
    """Return a finite score as a whole number of units of 2**-1074."""
    numerator, denominator = score.as_integer_ratio()
    return numerator << UNIT_EXPONENT + 1 - denominator.bit_length()


def add_score(total: int | None, score: float) -> int | None:
    """Return an exact sum with one more score.

    Args:
        total: the sum so far in units of 2**-1074; None once a score was not finite.
        score: the score to add.
    """
    return None if total is None or not math.isfinite(score) else total + to_units(score)


def mean_of_units(total: int, count: int) -> float:
    """Return the correctly rounded mean of ``count`` scores; ``total`` is their sum in 2**-1074."""
    return total / (count << UNIT_EXPONENT)


def _common_unit(scores: list[float]) -> int | None:
    """Return an exponent n so that all scores are whole multiples of 2**-n.

    Returns:
        None for scores so small or so large that multiples, or a mean of them, may not be normal floats.
    """
    smallest = min(filter(None, map(abs, scores)), default=1.0)
    unit = max(53 - math.frexp(smallest)[1], 0)
    largest = max(map(abs, scores), default=1.0)
    is_normal = unit < 900 and math.frexp(largest)[1] + unit < 1000
    return unit if is_normal else None


def never_applies(interval: int) -> bool:
    """Return the schedule of a sweep without a policy."""
    return False


class ThinnedReport(NamedTuple):
    """What a curve keeps of a report after the first ``FULLY_KEPT``.

    Attributes:
        interval: the number of the report.
        value: the reported value.
        best: the best score within the first ``interval`` reports.
        mean: the mean score of the first ``interval`` reports.
    """

    interval: int
    value: float
    best: float
    mean: float


@dataclass(slots=True)
class Curve:
    """A trial's reports with their running best and mean.

    Attributes:
        goal: which values are better.
        applies: whether a policy compares trials at an interval; those reports are kept, too.
        count: the number of reports; report n is interval n.
        values: the first ``FULLY_KEPT`` reports.
        thinned: the kept ones of those that follow.
        previous_best: the best value of the trial's earlier pods; None without one. A trial's score is
            the best value it ever reported.
        best: the best finite value; None before there is one.
        best_interval: the interval at which it was first reported.
        last: the newest report.
    """

    goal: Goal
    applies: Callable[[int], bool] = field(default=never_applies, repr=False, compare=False)
    count: int = 0
    values: list[float] = field(default_factory=list)
    thinned: list[ThinnedReport] = field(default_factory=list)
    previous_best: float | None = None
    best: float | None = None
    best_interval: int = 0
    last: float | None = None
    _total: int | None = field(default=0, init=False, repr=False, compare=False)
    _summed: int = field(default=0, init=False, repr=False, compare=False)  # values in the total

    def __post_init__(self) -> None:
        self.best = self.previous_best if self.best is None else self.best

    def restarted(self, known: float | None = None) -> Curve:
        """Return the empty curve of a trial that restarts in another pod and keeps its best value.

        Args:
            known: another value that the trial is known to have reached.
        """
        better = known is not None and self.goal.score(known) > self.score
        return Curve(self.goal, self.applies, previous_best=known if better else self.best)

    def append(self, value: float) -> None:
        """Add report ``count`` + 1."""
        self.count += 1
        self.last = value
        score = self.goal.score(value)
        if score > self.score:
            self.best, self.best_interval = value, self.count
        if self.count <= FULLY_KEPT:
            self.values.append(value)
            return
        self._total = add_score(self.total, score)
        if is_kept(self.count) or self.applies(self.count):
            self.thinned.append(ThinnedReport(self.count, value, self.score, self.mean))

    def load(self, values: list[float]) -> None:
        """Set the first reports of an empty curve, at most ``FULLY_KEPT``, at once."""
        scores = self.goal.scores(values)
        best = max(scores, default=-math.inf)
        if best > self.score:
            first = scores.index(best)
            self.best, self.best_interval = values[first], first + 1
        self.values, self.count = values, len(values)
        self.last = values[-1] if values else None
        self._total, self._summed = 0, 0

    @property
    def total(self) -> int | None:
        """The exact sum of the scores in units of 2**-1074.

        It is None after a report that was not finite, which counts as the worst possible score. The
        first reports are summed on demand, since most policies never need the sum.
        """
        for position in range(self._summed, len(self.values)):
            self._total = add_score(self._total, self.goal.score(self.values[position]))
        self._summed = len(self.values)
        return self._total

    @total.setter
    def total(self, total: int | None) -> None:
        """Set the sum that was read from a record."""
        self._total, self._summed = total, len(self.values)

    @property
    def score(self) -> float:
        """The best score so far; minus infinity before any finite report."""
        return -math.inf if self.best is None else self.goal.score(self.best)

    def running_bests(self) -> Iterator[float]:
        """Yield the best score after each of the first ``FULLY_KEPT`` reports."""
        start = -math.inf if self.previous_best is None else self.goal.score(self.previous_best)
        return islice(accumulate(self.goal.scores(self.values), max, initial=start), 1, None)

    def running_means(self) -> Iterator[float]:
        """Return the mean score after each of the first ``FULLY_KEPT`` reports."""
        scores = self.goal.scores(self.values)
        finite = list(takewhile(math.isfinite, scores))
        unit = _common_unit(finite)
        if unit is not None:
            # Exact: each score is a whole number of units, and scaling by a power of two rounds nothing.
            totals = accumulate(map(int, map(math.ldexp, finite, repeat(unit))))
            means = map(math.ldexp, map(truediv, totals, count(1)), repeat(-unit))
        else:
            means = map(mean_of_units, accumulate(map(to_units, finite)), count(1))
        return chain(means, repeat(-math.inf, len(scores) - len(finite)))

    @property
    def mean(self) -> float:
        """The correctly rounded mean of the scores so far.

        It is minus infinity before any report and after one that was not finite.
        """
        if self.total is None or self.count == 0:
            return -math.inf
        return mean_of_units(self.total, self.count)
