"""Azure's truncation selection: stop the lowest share (Azure semantics)."""

from __future__ import annotations

from dataclasses import dataclass

from ...objective import Goal
from ..policy import EVERY_INTERVAL, Decision, Measure, Schedule, decide
from ..rankings import Rank


@dataclass(frozen=True, slots=True)
class TruncationSelectionPolicy:
    """Rank all trials that reached interval n, finished ones included, by their best within n
    reports; stop a trial in the lowest floor(percentage * count) (Azure semantics, "Truncation
    selection policy").

    Attributes:
        percentage: 1 to 99.
    """

    percentage: int
    schedule: Schedule = EVERY_INTERVAL
    measure = Measure.BEST

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is in the lowest share, which of few trials may be none."""
        count = rank.others + 1
        lowest = self.percentage * count // 100
        stop = rank.worse < lowest and rank.comparable
        threshold = None
        if lowest:
            # Without the trial itself the one to beat has one trial fewer below it, if it is there.
            threshold = goal.reported(rank.other(lowest - 1))
        share = f"the lowest {lowest} of {count} trials ({self.percentage} %)"
        why = f"is {'' if stop else 'not '}among {share}"
        if stop:
            why += f"; the worst that goes on has {threshold:.6g}"
        return decide(stop, "truncation_selection", interval, rank, goal, threshold, why)
