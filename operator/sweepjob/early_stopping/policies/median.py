"""Median stopping: stop a trial that is worse than the others' averages (Azure semantics)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note
from ..policy import EVERY_INTERVAL, Decision, Schedule, Statistic, count_other_trials
from ..rankings import Rank
from .declaration import SCHEDULE_PARAMETERS, PolicyDeclaration, interval_schedule


@dataclass(frozen=True, slots=True)
class MedianStoppingPolicy:
    """Stop a trial whose best within n reports is worse than the median of the others' averages.

    An average is the mean of a trial's first n reports. All other trials that made n reports count,
    finished and stopped ones included (Azure semantics, "Median stopping policy").

    Source: Golovin et al. (2017), Google Vizier, section 3.2.2.

    Attributes:
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "median_stopping"
    reason: ClassVar[str] = "MedianStopping"
    statistic: ClassVar[Statistic] = Statistic.MEAN
    schedule: Schedule = EVERY_INTERVAL

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is worse than the median.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        median = rank.median_of_others()
        if not math.isfinite(median):
            why = "has no average of another trial to be compared with"
            return Decision.of(
                self, interval, rank, goal, stop=False, threshold=None, explanation=why
            )
        threshold = goal.reported(median)
        stop = rank.score < median
        why = (
            f"is {'worse' if stop else 'not worse'} than {threshold:.6g}, the median of the "
            f"averages of {count_other_trials(rank.other_count)} over as many reports"
        )
        return Decision.of(
            self, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
        )


def _build(values: Mapping[str, Any], note: Note) -> MedianStoppingPolicy:
    return MedianStoppingPolicy(interval_schedule(values))


DECLARATION = PolicyDeclaration(
    name=MedianStoppingPolicy.name,
    reason=MedianStoppingPolicy.reason,
    summary="worse than the average of the others",
    build=_build,
    parameters=SCHEDULE_PARAMETERS,
)
