"""Truncation selection: stop the lowest share of trials (Azure semantics)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import EVERY_INTERVAL, Decision, Schedule, Statistic
from ..rankings import Rank
from .declaration import SCHEDULE_PARAMETERS, PolicyDeclaration, interval_schedule


@dataclass(frozen=True, slots=True)
class TruncationSelectionPolicy:
    """Stop a trial among the lowest floor(percentage * count / 100).

    All trials that made n reports are ranked by their best within n reports, including finished ones
    (Azure semantics, "Truncation selection policy").

    Attributes:
        percentage: the share of trials that is stopped; 1 to 99.
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "truncation_selection"
    reason: ClassVar[str] = "TruncationSelection"
    statistic: ClassVar[Statistic] = Statistic.BEST
    percentage: int
    schedule: Schedule = EVERY_INTERVAL

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is in the lowest share, which is empty when trials are few.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        count = rank.other_count + 1
        lowest = self.percentage * count // 100
        stop = rank.worse_count < lowest and rank.is_comparable
        threshold = None
        if lowest:
            # Among the others alone, the lowest trial that continues has one trial fewer below it.
            threshold = goal.reported(rank.other_score(lowest - 1))
        share = f"the lowest {lowest} of {count} trials ({self.percentage} %)"
        why = f"is {'' if stop else 'not '}among {share}"
        if stop:
            why += f"; the last trial that continues has {threshold:.6g}"
        return Decision.of(
            self, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
        )


def _build(values: Mapping[str, Any], note: Note) -> TruncationSelectionPolicy:
    return TruncationSelectionPolicy(values["truncationPercentage"], interval_schedule(values))


DECLARATION = PolicyDeclaration(
    name=TruncationSelectionPolicy.name,
    reason=TruncationSelectionPolicy.reason,
    summary="among the last",
    build=_build,
    parameters=(
        ParameterDeclaration(
            "truncationPercentage",
            "integer",
            "Share of trials in percent that is stopped.",
            required=True,
            minimum=1,
            maximum=99,
        ),
        *SCHEDULE_PARAMETERS,
    ),
)
