"""Azure's median stopping: stop what never was as good as the others' average (Azure semantics)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...objective import Goal
from ..policy import EVERY_INTERVAL, Decision, Measure, Schedule, counted, decide
from ..rankings import Rank


@dataclass(frozen=True, slots=True)
class MedianStoppingPolicy:
    """Stop a trial whose best within n reports is strictly worse than the median, over all other
    trials that made n reports (finished and stopped ones included), of the mean of their first n
    reports (Azure semantics, "Median stopping policy"; after Golovin et al. 2017, Google Vizier).
    """

    schedule: Schedule = EVERY_INTERVAL
    measure = Measure.MEAN

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is worse than the median; go on without another trial."""
        median = rank.median_of_others()
        if not math.isfinite(median):
            why = "has no other trial's average to be compared with"
            return decide(False, "median_stopping", interval, rank, goal, None, why)
        threshold = goal.reported(median)
        stop = rank.score < median
        why = (
            f"is {'worse' if stop else 'not worse'} than {threshold:.6g}, the median of the "
            f"averages of {counted(rank.others)} over as many reports"
        )
        return decide(stop, "median_stopping", interval, rank, goal, threshold, why)
