"""The brackets of Hyperband: successive halving with several first rungs, side by side."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate

from ..rankings import IntervalRanking, Rank, Rankings
from .rungs import Rungs

_BITS = 64
# 2**64 divided by the golden ratio: multiples of it, modulo 2**64, are spread evenly from the first on.
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Brackets:
    """Assigns each trial to a bracket by its index.

    Bracket 0 has all rungs, and each further one has one rung less at the beginning, so that its trials
    get more time before they are compared. A bracket without a rung lets its trials run to their end.
    One with ``s`` rungs gets a share of the trials that is proportional to
    ``reduction_factor**s / (s + 1)``. So all brackets take about the same time as a whole, where the
    maximum is the first rung times a power of the factor; otherwise the last ones take less.

    Source: Li et al. (2018), Hyperband, algorithm 1; Li et al. (2020), section 3.3, for the asynchronous
    form. A trial's bracket depends on nothing but its index: that of trial n is where n times the golden
    ratio, modulo 1, falls into the shares (Knuth, The Art of Computer Programming, 6.4). So the shares
    hold among any trials in a row, and a restarted operator and a replay agree.

    Attributes:
        rungs: the rungs of the first bracket; with a maximum.
        count: the number of brackets, from 1 to ``most_brackets(rungs)``.
    """

    rungs: Rungs
    count: int
    _bounds: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = [most_brackets(self.rungs) - bracket for bracket in range(self.count)]  # s + 1
        weights = [Fraction(self.rungs.reduction_factor ** (n - 1), n) for n in numbers]
        total = sum(weights)
        bounds = tuple(int(part / total * 2**_BITS) for part in accumulate(weights[:-1]))
        object.__setattr__(self, "_bounds", bounds)

    @property
    def with_rung(self) -> int:
        """How many brackets have a rung: all but the last one of those that are possible."""
        return min(self.count, most_brackets(self.rungs) - 1)

    def applies(self, interval: int) -> bool:
        """Return whether the interval is a rung of any bracket."""
        return self.rungs.applies(interval)

    def of(self, trial: int) -> int:
        """Return the bracket of a trial, from 0.

        Args:
            trial: its index; below 0 for a trial of an earlier sweep.
        """
        return bisect_right(self._bounds, trial * _GOLDEN % 2**_BITS)

    def rungs_of(self, bracket: int) -> Rungs:
        """Return the rungs of a bracket; their words name it, unless it is the only one.

        Args:
            bracket: from 0.
        """
        first = self.rungs.grace_period * self.rungs.reduction_factor**bracket
        place = f"{self.rungs.place} of bracket {bracket + 1} of {self.count}"
        return replace(
            self.rungs,
            grace_period=first,
            place=place if self.count > 1 else self.rungs.place,
        )

    def members(self, ranking: IntervalRanking, bracket: int) -> IntervalRanking:
        """Return the ranking of the trials of a bracket alone.

        Args:
            ranking: all trials at an interval.
            bracket: from 0.
        """
        import numpy as np  # the light installation has no numpy

        if self.count == 1 or not ranking.trials:
            return ranking
        trials = np.frombuffer(ranking.trials, dtype=np.int32)
        positions = trials.astype(np.int64).astype(np.uint64) * np.uint64(_GOLDEN)
        bounds = np.array(self._bounds, dtype=np.uint64)
        inside = np.searchsorted(bounds, positions, side="right") == bracket
        scores = np.frombuffer(ranking.scores)
        return IntervalRanking(
            array("d", scores[inside].tobytes()), array("i", trials[inside].tobytes())
        )

    def rank(self, trial: int, interval: int, rank: Rank, rankings: Rankings) -> Rank:
        """Return a trial's rank among those of its bracket.

        Args:
            trial: the trial's index.
            interval: the interval.
            rank: its rank among all trials.
            rankings: all trials at each interval.
        """
        found = self.members(rankings.at(interval), self.of(trial))
        position = found.trials.index(trial)
        return Rank(rank.score, position, position, found.scores, trial, rankings)

    def why_not_compared(self, trial: int | None) -> str:
        """Return why a trial is not compared at a rung that its bracket does not have.

        Args:
            trial: the trial's index; None for one that is only imagined.
        """
        if trial is None:
            return "is compared with the trials of its bracket"
        bracket = self.of(trial)
        rungs = self.rungs_of(bracket)
        name = f"is that of a trial in bracket {bracket + 1} of {self.count}"
        if not rungs.applies(rungs.grace_period):
            return f"{name}, which has no rung"
        return f"{name}, whose first rung is at {rungs.grace_period} reports"


def most_brackets(rungs: Rungs) -> int:
    """Return how many brackets there can be: one for each rung, and one without.

    Args:
        rungs: the rungs of the first bracket; with a maximum.
    """
    return sum(1 for _ in _all_rungs(rungs)) + 1


def _all_rungs(rungs: Rungs) -> Iterator[int]:
    rung = rungs.grace_period
    while rungs.applies(rung):
        yield rung
        rung *= rungs.reduction_factor
