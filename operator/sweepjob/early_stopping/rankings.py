"""The ranking of a sweep's trials at each interval: the running aggregate that policies read.

A report costs one bisection and one insertion into a sorted array. Nothing is recomputed.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .activity import Activity
from .score_table import ScoreTable, build_table, needed_intervals

# Scores, and the trials that have them, in the order of the trials' indices.
Entries = tuple["array[float]", "array[int]"]


@dataclass(slots=True)
class IntervalRanking:
    """The scores of all trials at one interval, worst first; 12 bytes per trial.

    Of equal scores the later trial ranks lower, whichever reported first: ties go to the lowest index
    (Azure semantics, "Intervals").
    """

    scores: array[float] = field(default_factory=lambda: array("d"))
    trials: array[int] = field(default_factory=lambda: array("i"))

    @classmethod
    def of(cls, entries: Entries) -> IntervalRanking:
        """Return the ranking of many trials, made by one sort."""
        import numpy as np  # for many trials only; the light installation has no numpy

        scores = np.frombuffer(entries[0])[::-1]
        # A stable sort of the reversed order: of equal scores the later trial comes first.
        order = np.argsort(scores, kind="stable")
        trials = np.frombuffer(entries[1], dtype=np.int32)[::-1]
        return cls(array("d", scores[order].tobytes()), array("i", trials[order].tobytes()))

    def position_of(self, score: float, trial: int) -> int:
        """Return the number of entries that rank below a trial with this score."""
        low, high = bisect_left(self.scores, score), bisect_right(self.scores, score)
        return bisect_left(self.trials, -trial, low, high, key=lambda t: -t)

    def insert(self, score: float, trial: int) -> int:
        """Insert a trial; return how many rank below it."""
        position = self.position_of(score, trial)
        self.scores.insert(position, score)
        self.trials.insert(position, trial)
        return position

    def remove(self, trial: int) -> None:
        """Remove a trial, if it is ranked."""
        if trial in self.trials:
            position = self.trials.index(trial)
            del self.scores[position], self.trials[position]


@dataclass(frozen=True, slots=True)
class Rank:
    """One trial among those that reached the same interval.

    Attributes:
        score: the trial's best score, larger is better; minus infinity before any finite report.
        worse_count: the number of other trials that rank below it.
        own_position: the position of its own entry in ``scores``.
        scores: the compared statistic (bests or means) of all trials, its own included, worst first.
        trial: the trial's index; None for one that is only imagined.
        rankings: those at all intervals, for policies that forecast; None where there are none.
    """

    score: float
    worse_count: int
    own_position: int
    scores: array[float]
    trial: int | None = None
    rankings: Rankings | None = field(default=None, repr=False, compare=False)

    @property
    def other_count(self) -> int:
        """The number of other trials."""
        return len(self.scores) - 1

    def other_score(self, position: int) -> float:
        """Return the score of the other trial that has ``position`` other trials below it."""
        return self.scores[position if position < self.own_position else position + 1]

    def best_of_others(self) -> float:
        """Return the best score of any other trial; minus infinity without one."""
        return self.other_score(self.other_count - 1) if self.other_count else -math.inf

    @property
    def is_comparable(self) -> bool:
        """Whether any other trial has a finite score; a trial is worse only than one that has."""
        return math.isfinite(self.best_of_others())

    def median_of_others(self) -> float:
        """Return the median of the other trials' scores; minus infinity without any.

        Of an even number it is the mean of the middle two.
        """
        if not self.other_count:
            return -math.inf
        middle = self.other_count // 2
        if self.other_count % 2:
            return self.other_score(middle)
        # Halved first: the sum of two large scores may overflow.
        return self.other_score(middle - 1) / 2 + self.other_score(middle) / 2


@dataclass(slots=True)
class Rankings:
    """The ranking at every interval, and how many reports complete trials made.

    Attributes:
        complete_count: the number of complete trials.
        longest_complete: the highest number of reports of a complete trial; 0 without one.
        not_decided_on: trials that continue without a pausing policy: they ran before it was in force, or
            a person continued them.
        activity_of: what a trial does, by its index; None where that is not known.
    """

    _by_interval: dict[int, IntervalRanking] = field(default_factory=dict)
    complete_count: int = 0
    longest_complete: int = 0
    not_decided_on: set[int] = field(default_factory=set)
    activity_of: Callable[[int], Activity | None] = field(
        default=lambda _: None, repr=False, compare=False
    )

    def record(self, trial: int, interval: int, best: float, compared: float) -> Rank:
        """Add a trial at an interval and return its rank there.

        A trial is added once per interval; one that restarts is removed first.

        Args:
            trial: the trial's index.
            interval: the number of its newest report.
            best: its best score within its first ``interval`` reports.
            compared: the statistic that other trials are compared with: ``best``, or its mean score.
        """
        ranking = self._by_interval.setdefault(interval, IntervalRanking())
        position = ranking.insert(compared, trial)
        return Rank(best, position, position, ranking.scores, trial, self)

    def restore(self, interval: int, entries: Entries) -> None:
        """Add all trials at an interval that has no ranking yet."""
        assert interval not in self._by_interval
        self._by_interval[interval] = IntervalRanking.of(entries)

    def scores_by_interval(self) -> Iterator[tuple[int, array[float]]]:
        """Yield the scores at every interval, worst first, in the order of the intervals."""
        for interval in sorted(self._by_interval):
            yield interval, self._by_interval[interval].scores

    def intervals(self) -> list[int]:
        """Return the intervals at which any trial is ranked, in their order."""
        return sorted(self._by_interval)

    def at(self, interval: int) -> IntervalRanking:
        """Return the ranking at an interval, for reading."""
        return self._by_interval.get(interval) or IntervalRanking()

    def best_score(self) -> float:
        """Return the best score of any trial at any interval; minus infinity without one.

        It is of trials that are compared by their bests.
        """
        ranked = (ranking.scores for ranking in self._by_interval.values())
        return max((scores[-1] for scores in ranked if scores), default=-math.inf)

    def trial_count(self) -> int:
        """Return the number of trials at the interval that most have reached."""
        return max((len(r.scores) for r in self._by_interval.values()), default=0)

    def furthest(self) -> int:
        """Return the highest interval that any trial has reached; 0 without one."""
        return max((n for n, ranking in self._by_interval.items() if ranking.scores), default=0)

    def add_complete(self, reports: int) -> None:
        """Add the length of a trial whose script was not stopped.

        Args:
            reports: the number of its reports.
        """
        self.complete_count += 1
        self.longest_complete = max(self.longest_complete, reports)

    def is_exceeded(self, length: int, trial: int | None) -> bool:
        """Return whether another trial has made more reports.

        Args:
            length: a number of reports.
            trial: the trial that does not count; None for none.
        """
        longer = (r.trials for n, r in self._by_interval.items() if n > length)
        return any(len(trials) > 1 or trials[0] != trial for trials in longer if trials)

    def usual_length(self, least: int) -> int | None:
        """Return the highest number of reports of any trial, if several trials are complete; else None.

        Trials that run at the same pace are at the same interval all the time: how far they have come
        says nothing about their length.

        Args:
            least: the number of complete trials.
        """
        is_known = self.complete_count >= least
        return max(self.longest_complete, self.furthest()) if is_known else None

    def table(
        self,
        trials: Iterable[int],
        interval: int,
        applies: Callable[[int], bool] | None = None,
    ) -> ScoreTable | None:
        """Return the scores that forecasts at an interval are learnt from.

        Args:
            trials: the trials to be forecast.
            interval: the number of their reports.
            applies: which intervals are used; None for all.

        Returns:
            None when no trial is ranked at half as many reports.
        """
        ranked_at = (n for n, ranking in self._by_interval.items() if ranking.scores)
        intervals = sorted(filter(applies, ranked_at) if applies is not None else ranked_at)
        needed = needed_intervals(intervals, interval)
        if not needed:
            return None
        ranked = (self._by_interval[n] for n in needed)
        return build_table(
            {n: (r.scores, r.trials) for n, r in zip(needed, ranked, strict=True)}, trials
        )

    def remove(self, trial: int) -> None:
        """Remove a trial at every interval.

        This searches all rankings. It is for trials that restart, which are few.
        """
        for ranking in self._by_interval.values():
            ranking.remove(trial)
