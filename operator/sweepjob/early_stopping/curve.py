"""The reports of a trial's primary metric: all of them up to a limit, then thinned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice, repeat, takewhile
from typing import NamedTuple

from ..objective import Goal

# So many reports are kept in full; from there on, 125 for every doubling of their number.
KEPT = 1000
_PER_OCTAVE = 125
# Sums are whole multiples of the smallest float, so that no addition rounds.
UNIT = 1074


def kept(interval: int) -> bool:
    """Whether an interval is on the grid that every curve keeps: each up to 1,000, each 8th up to
    2,000, each 16th up to 4,000 and so on. It depends on nothing but the number, so that curves of
    different lengths can be compared at the same intervals.
    """
    octave = ((interval - 1) // KEPT).bit_length()
    step = KEPT // _PER_OCTAVE << octave >> 1
    return octave == 0 or interval % step == 0


def exact(score: float) -> int:
    """A finite float in units of 2**-1074, which are whole."""
    numerator, denominator = score.as_integer_ratio()
    return numerator << UNIT + 1 - denominator.bit_length()


def plus(total: int | None, score: float) -> int | None:
    """An exact sum with one more score; None stays None, and one that is not finite makes it None."""
    return None if total is None or not math.isfinite(score) else total + exact(score)


def mean_of(total: int, count: int) -> float:
    """The mean of ``count`` floats whose exact sum is ``total``, correctly rounded."""
    return total / (count << UNIT)


def asked_never(interval: int) -> bool:
    """The schedule of no policy."""
    return False


class Later(NamedTuple):
    """What is kept of a report beyond the first KEPT ones.

    Attributes:
        interval: its number.
        value: what was reported.
        best: the best score within the first ``interval`` reports.
        mean: the mean score of the first ``interval`` reports.
    """

    interval: int
    value: float
    best: float
    mean: float


@dataclass(slots=True)
class Curve:
    """A trial's reports, and what never needs recounting.

    Attributes:
        goal: which values are better.
        asked: the intervals that a policy compares trials at; those are kept, too.
        count: number of reports; report n is interval n.
        values: the first KEPT reports.
        later: the kept ones of those that follow.
        carried: the best that the trial brought along from pods before this one's, None when there
            was none: a trial's score is the best it ever reported.
        best: the best finite value, None before there is one.
        best_interval: where it was reported first.
        last: the newest report.
    """

    goal: Goal
    asked: Callable[[int], bool] = field(default=asked_never, repr=False, compare=False)
    count: int = 0
    values: list[float] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)
    carried: float | None = None
    best: float | None = None
    best_interval: int = 0
    last: float | None = None
    _total: int | None = field(default=0, init=False, repr=False, compare=False)
    _summed: int = field(default=0, init=False, repr=False, compare=False)  # values in the total

    def __post_init__(self) -> None:
        self.best = self.carried if self.best is None else self.best

    def again(self, known: float | None = None) -> Curve:
        """The curve of a trial that starts again in another pod: no reports, but its best so far.

        Args:
            known: a value that it is known to have reached as well.
        """
        better = known is not None and self.goal.score(known) > self.score
        return Curve(self.goal, self.asked, carried=known if better else self.best)

    def append(self, value: float) -> None:
        """Add report ``count`` + 1."""
        self.count += 1
        self.last = value
        score = self.goal.score(value)
        if score > self.score:
            self.best, self.best_interval = value, self.count
        if self.count <= KEPT:
            self.values.append(value)
            return
        self._total = plus(self.total, score)
        if kept(self.count) or self.asked(self.count):
            self.later.append(Later(self.count, value, self.score, self.mean))

    def load(self, values: list[float]) -> None:
        """Make the first reports, at most KEPT, those of an empty curve at once."""
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
        """The exact sum of the scores, in units of 2**-1074; None after a report that was not finite,
        which counts as the worst there can be and drags the mean down with it.

        The first reports are added when somebody asks: most policies never do.
        """
        for position in range(self._summed, len(self.values)):
            self._total = plus(self._total, self.goal.score(self.values[position]))
        self._summed = len(self.values)
        return self._total

    @total.setter
    def total(self, total: int | None) -> None:
        """Set what was read from a record."""
        self._total, self._summed = total, len(self.values)

    @property
    def score(self) -> float:
        """The best so far as a score; minus infinity before any finite report."""
        return -math.inf if self.best is None else self.goal.score(self.best)

    def bests(self) -> Iterator[float]:
        """The best score as it stood after each of the first KEPT reports."""
        start = -math.inf if self.carried is None else self.goal.score(self.carried)
        return islice(accumulate(self.goal.scores(self.values), max, initial=start), 1, None)

    def means(self) -> Iterator[float]:
        """The mean of the scores as it stood after each of the first KEPT reports."""
        scores = self.goal.scores(self.values)
        ratios = [score.as_integer_ratio() for score in takewhile(math.isfinite, scores)]
        # Whole multiples of the smallest unit that these scores need: a tenth of the digits of 2**-1074.
        unit = max((denominator.bit_length() for _, denominator in ratios), default=1) - 1
        total = 0
        for count, (numerator, denominator) in enumerate(ratios, 1):
            total += numerator << unit + 1 - denominator.bit_length()
            yield total / (count << unit)
        yield from repeat(-math.inf, len(scores) - len(ratios))

    @property
    def mean(self) -> float:
        """The mean of the scores so far, correctly rounded; minus infinity before any report and
        after one that was not finite.
        """
        if self.total is None or self.count == 0:
            return -math.inf
        return mean_of(self.total, self.count)
