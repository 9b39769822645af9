"""What a policy is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..objective import Goal
from .standings import Rank


@dataclass(frozen=True, slots=True)
class Schedule:
    """The intervals at which a policy is applied (Azure semantics, section 4).

    Attributes:
        evaluation_interval: apply at multiples of this; at least 1.
        delay_evaluation: never before this interval.
    """

    evaluation_interval: int = 1
    delay_evaluation: int = 0

    def applies(self, interval: int) -> bool:
        return interval >= self.delay_evaluation and interval % self.evaluation_interval == 0


EVERY_INTERVAL = Schedule()


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a trial is stopped.

    Attributes:
        policy: the policy's name as users write it.
        interval: the number of the report at which it was decided.
        value: the trial's best within its first ``interval`` reports.
        threshold: what it would have had to reach.
        comparators: the number of other trials it was compared with.
        message: one sentence for people.
    """

    policy: str
    interval: int
    value: float
    threshold: float
    comparators: int
    message: str


class Policy(Protocol):
    """Decides from one trial's rank at one interval; knows nothing else."""

    @property
    def schedule(self) -> Schedule: ...

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision | None:
        """A decision to stop the trial that has this rank, or None to let it go on.

        Called only at intervals of the schedule.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoPolicy:
    """Every trial runs to its end."""

    schedule: Schedule = EVERY_INTERVAL

    def judge(self, interval: int, rank: Rank, goal: Goal) -> None:
        return None
