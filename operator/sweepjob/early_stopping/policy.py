"""What a policy is given and what it answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..objective import Goal
from .curve import kept
from .rankings import Rank


class Measure(Enum):
    """What a policy compares a trial with: the others' running bests, or their running means."""

    BEST = "best"
    MEAN = "mean"


class Timetable(Protocol):
    """The intervals at which a policy is applied."""

    def applies(self, interval: int) -> bool:
        """Whether the policy is applied to a trial when it makes its interval-th report."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """The intervals at which a policy is applied (Azure semantics, "Intervals"): multiples of
    ``evaluation_interval``, not before ``delay_evaluation``.

    From its thousandth evaluation on, a trial is evaluated at 125 intervals for every doubling of
    their number: what all trials had reached by each of them has to be on record.

    Attributes:
        evaluation_interval: apply at multiples of this; at least 1.
        delay_evaluation: never before this interval.
    """

    evaluation_interval: int = 1
    delay_evaluation: int = 0

    def applies(self, interval: int) -> bool:
        """Whether the policy is applied to a trial when it makes its interval-th report."""
        evaluation, rest = divmod(interval, self.evaluation_interval)
        return rest == 0 and interval >= self.delay_evaluation and kept(evaluation)


EVERY_INTERVAL = Schedule()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy decided about a trial at one of its reports, and why.

    Attributes:
        stop: stop it, or let it go on.
        policy: the policy's name as users write it.
        interval: the number of the report at which it was decided.
        value: the trial's best within its first ``interval`` reports; None when none was finite.
        threshold: the worst value that goes on; None when there was nothing to compare with.
        comparators: the number of other trials it was compared with.
        message: one sentence for people.
    """

    stop: bool
    policy: str
    interval: int
    value: float | None
    threshold: float | None
    comparators: int
    message: str


class Policy(Protocol):
    """Decides from one trial's rank at one interval; knows nothing else."""

    @property
    def schedule(self) -> Timetable:
        """When the policy is applied."""
        ...

    @property
    def measure(self) -> Measure:
        """What the ranks given to ``judge`` are made of."""
        ...

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """The decision about the trial that has this rank. Called at intervals of the schedule."""
        ...


class Never:
    """The timetable of no policy: nothing is ever compared."""

    def applies(self, interval: int) -> bool:
        """False."""
        return False


NEVER = Never()


@dataclass(frozen=True, slots=True)
class NoPolicy:
    """Every trial runs to its end."""

    schedule: Timetable = NEVER
    measure = Measure.BEST

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Go on."""
        message = "there is no policy: every trial goes on"
        return decide(False, "none", interval, rank, goal, None, message)


def decide(
    stop: bool,
    policy: str,
    interval: int,
    rank: Rank,
    goal: Goal,
    threshold: float | None,
    explanation: str,
) -> Decision:
    """The decision with its sentence: who did what when, then the ``explanation``."""
    value = goal.reported(rank.score) if math.isfinite(rank.score) else None
    verb = "stopped it" if stop else "let it go on"
    best = "its report of nothing finite" if value is None else f"its best {value:.6g}"
    message = f"{policy} {verb} at interval {interval}: {best} {explanation}"
    if threshold is not None and not math.isfinite(threshold):
        threshold = None
    return Decision(stop, policy, interval, value, threshold, rank.others, message)


def counted(others: int) -> str:
    """ "1 other trial", "5 other trials"."""
    return f"{others} other trial{'s' if others != 1 else ''}"
