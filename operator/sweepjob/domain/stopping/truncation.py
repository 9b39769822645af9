"""Azure's truncation selection: stop the lowest share (semantics, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from ..objective import Goal
from .interface import EVERY_INTERVAL, Decision, Schedule
from .standings import Rank


@dataclass(frozen=True, slots=True)
class TruncationSelectionPolicy:
    """Rank all trials that reached interval n, finished ones included, by their best within n
    reports; stop a trial in the lowest floor(percentage * count) (section 11, rule 6).

    Attributes:
        percentage: 1 to 99.
    """

    percentage: int
    schedule: Schedule = EVERY_INTERVAL

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision | None:
        count = rank.others + 1
        lowest = self.percentage * count // 100
        if rank.worse >= lowest:
            return None
        value = goal.reported(rank.score)
        threshold = goal.reported(rank.score_at(lowest))
        return Decision(
            policy="truncation_selection",
            interval=interval,
            value=value,
            threshold=threshold,
            comparators=rank.others,
            message=(
                f"truncation_selection stopped it at interval {interval}: its best {value:.6g} is "
                f"among the lowest {lowest} of {count} trials ({self.percentage} %); the worst that "
                f"goes on has {threshold:.6g}"
            ),
        )
