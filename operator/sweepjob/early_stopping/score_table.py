"""The best scores of trials by number of reports, as forecasts need them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .gain_forecast import GainForecast, learn

if TYPE_CHECKING:
    from ..search.gaussian_process.arrays import Array

# The newest trials, from which a forecast is learnt, and the intervals at which they are compared,
# for each doubling. This bounds the time of a decision.
MOST_TRIALS, _PER_DOUBLING = 200, 4


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """The best scores of trials at some intervals.

    Attributes:
        intervals: numbers of reports, ascending.
        trials: the trials' indices, ascending; shape (n,).
        scores: by trial and interval; NaN where the trial has not made so many reports, or none that
            is finite; shape (n, intervals).
    """

    intervals: list[int]
    trials: Array
    scores: Array

    def recent_gains(self) -> Array:
        """Return what each trial gained from the first interval to the second, per doubling.

        NaN where the trial has not made so many reports; shape (n,).
        """
        half, interval = self.intervals[:2]
        gains: Array = (self.scores[:, 1] - self.scores[:, 0]) / math.log2(interval / half)
        return gains


@dataclass(frozen=True, slots=True)
class TrialForecast:
    """How much a trial may still gain.

    Attributes:
        gains: the distribution of gains.
        recent: the gain of the trial's last doubling.
    """

    gains: GainForecast
    recent: float


def needed_intervals(intervals: list[int], interval: int) -> list[int]:
    """Return the intervals that a forecast at one of them uses: half of it, itself, and later ones.

    Args:
        intervals: those at which trials are ranked, ascending.
        interval: one of them.

    Returns:
        ascending; empty when none is at half as many reports.
    """
    half = bisect_right(intervals, interval / 2) - 1
    if half < 0:
        return []
    needed = [intervals[half], interval]
    for later in intervals[bisect_right(intervals, interval) :]:
        if later >= needed[-1] * 2 ** (1 / _PER_DOUBLING) or later == intervals[-1]:
            needed.append(later)
    return needed


def build_table(
    rankings: Mapping[int, tuple[array[float], array[int]]], trials: Iterable[int]
) -> ScoreTable:
    """Return the table of the newest trials and of some others.

    Args:
        rankings: scores and trials by interval, in ascending order.
        trials: trials that are included whatever their age.
    """
    import numpy as np

    # Copies: an array cannot grow while numpy looks at it.
    columns = [np.array(ranked, dtype=np.int64) for _, ranked in rankings.values()]
    every = np.unique(np.concatenate(columns))
    known = np.union1d(every[-MOST_TRIALS:], np.array([*trials], dtype=np.int64))
    scores = np.full((len(known), len(columns)), np.nan)
    for column, (ranked, (found, _)) in enumerate(zip(columns, rankings.values(), strict=True)):
        rows = np.minimum(np.searchsorted(known, ranked), len(known) - 1)
        present = known[rows] == ranked
        scores[rows[present], column] = np.array(found)[present]
    scores[~np.isfinite(scores)] = np.nan
    return ScoreTable(list(rankings), known, scores)


def forecast_trial(table: ScoreTable, trial: int, horizon: int) -> TrialForecast | None:
    """Return how much a trial may gain after the second interval of a table, learnt from the others.

    Args:
        table: its first interval is at half as many reports as the second.
        trial: the trial that is judged.
        horizon: the number of reports of a complete trial.

    Returns:
        None when the trial had no finite report at half as many.
    """
    is_own = table.trials == trial
    (own,) = table.recent_gains()[is_own]
    if not math.isfinite(own):
        return None
    return TrialForecast(learn_gains(table, horizon, trial), float(own))


def learn_gains(table: ScoreTable, horizon: int, left_out: int | None = None) -> GainForecast:
    """Return the distribution of what trials gain after the second interval of a table.

    Args:
        table: its first interval is at half as many reports as the second.
        horizon: the number of reports of a complete trial.
        left_out: a trial that it is not learnt from.
    """
    import numpy as np

    interval, scores, recent = table.intervals[1], table.scores, table.recent_gains()
    reached = np.isfinite(scores)
    last = reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1)
    rows = np.flatnonzero(np.isfinite(recent) & (last > 1) & (table.trials != left_out))
    gains = scores[rows, last[rows]] - scores[rows, 1]
    seen = np.log2(np.array(table.intervals)[last[rows]] / interval)
    doublings = max(math.log2(horizon / interval), 0.1)
    return learn(recent[rows], gains, seen, doublings)
