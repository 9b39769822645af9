"""The interface of early-termination policies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

from ..objective import Goal
from .curve import Curve, is_kept
from .rankings import Rank, Rankings


class Statistic(Enum):
    """What a trial is compared with: the running bests or the running means of the others."""

    BEST = "best"
    MEAN = "mean"


class Schedule(Protocol):
    """The intervals at which a policy is applied."""

    def applies(self, interval: int) -> bool:
        """Return whether the policy is applied to a trial when it makes its interval-th report."""
        ...


@dataclass(frozen=True, slots=True)
class IntervalSchedule:
    """Multiples of ``evaluation_interval``, not before ``delay_evaluation``.

    From its thousandth evaluation on, a trial is evaluated at 125 intervals for every doubling of
    their number, because the scores of all trials at each of them have to be on record.
    Source: Azure semantics, "Intervals".

    Attributes:
        evaluation_interval: apply at multiples of this; at least 1.
        delay_evaluation: do not apply before this interval.
    """

    evaluation_interval: int = 1
    delay_evaluation: int = 0

    def applies(self, interval: int) -> bool:
        """Return whether the policy is applied to a trial when it makes its interval-th report."""
        evaluation, rest = divmod(interval, self.evaluation_interval)
        return rest == 0 and interval >= self.delay_evaluation and is_kept(evaluation)


REPORTS = "interval"  # what messages call the number of a report
EVERY_INTERVAL = IntervalSchedule()


class Policy(Protocol):
    """Decides from one trial's rank at one interval. It has no other input.

    One that also pauses trials is a ``PausingPolicy``.
    """

    @property
    def name(self) -> str:
        """The value of ``earlyTermination.type``."""
        ...

    @property
    def reason(self) -> str:
        """The reason of a trial that the policy stops, in CamelCase: ``status.stop.reason``."""
        ...

    @property
    def schedule(self) -> Schedule:
        """When the policy is applied."""
        ...

    @property
    def statistic(self) -> Statistic:
        """What the ranks given to ``decide`` are made of."""
        ...

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Return the decision about a trial, made at the intervals of the schedule.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        ...


@dataclass(frozen=True, slots=True)
class PausedTrial:
    """A trial that the policy paused.

    Attributes:
        interval: the number of the report at which the policy paused it.
        curve: its reports, for reading; a few may have followed that one.
    """

    interval: int
    curve: Curve


@dataclass(frozen=True, slots=True)
class Resumption:
    """A policy's decision to continue a paused trial.

    Attributes:
        trial: the trial's index.
        message: one sentence for people.
    """

    trial: int
    message: str


@runtime_checkable
class PausingPolicy(Policy, Protocol):
    """A policy that pauses trials, and chooses which of them continues. Trials need checkpoints."""

    def choose(
        self,
        paused: Mapping[int, PausedTrial],
        rankings: Rankings,
        goal: Goal,
        *,
        must_complete: bool,
    ) -> Resumption | None:
        """Choose what gets a free slot: a paused trial, or a new one.

        It depends on nothing but its arguments, so that a restarted operator chooses the same.

        Args:
            paused: the paused trials by index; not those that a person paused. At least one.
            rankings: all trials of the sweep at each interval at which the policy was applied.
            goal: which values are better.
            must_complete: no other trial is left to run, and none has succeeded. If no paused trial is
                chosen, the sweep ends without a complete trial.

        Returns:
            The trial to continue; None for a new trial.
        """
        ...


@runtime_checkable
class BudgetPolicy(PausingPolicy, Protocol):
    """A pausing policy that may give the script a budget, where trials have no checkpoints.

    A trial that it continues is then run again from the start, with the next larger budget. The policy is
    applied when an execution ends, and the interval is its budget.
    """

    @property
    def budget_parameter(self) -> str:
        """The name of the parameter; empty where trials go on from their checkpoints."""
        ...

    def next_budget(self, trial: int, done: int) -> int | None:
        """Return the budget of a trial's next execution.

        Args:
            trial: the trial's index.
            done: the budget of the execution before; 0 before the first.

        Returns:
            None after the largest budget.
        """
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """A policy's decision about a trial at one of its reports.

    Attributes:
        stop: whether the trial is to be stopped.
        policy: the policy's name.
        reason: the reason of the stop, in CamelCase.
        interval: the number of the report that was evaluated.
        value: the trial's best within its first ``interval`` reports; None when none was finite.
        threshold: the worst value that is neither stopped nor paused; None without a trial to compare
            with.
        comparators: the number of other trials it was compared with.
        message: one sentence for people.
        pause: whether the trial is to be paused, by a ``PausingPolicy``. It is not stopped then.
    """

    stop: bool
    policy: str
    reason: str
    interval: int
    value: float | None
    threshold: float | None
    comparators: int
    message: str
    pause: bool = False

    @classmethod
    def of(
        cls,
        policy: Policy,
        interval: int,
        rank: Rank,
        goal: Goal,
        *,
        stop: bool,
        threshold: float | None,
        explanation: str,
        pause: bool = False,
    ) -> Decision:
        """Return a decision with its sentence: what the policy did at which interval, and why.

        Args:
            policy: the policy that decides.
            interval: the number of the report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
            stop: whether the trial is to be stopped.
            threshold: the worst value that is neither stopped nor paused, in the metric's units.
            explanation: the end of the sentence; its subject is the trial's best value.
            pause: whether the trial is to be paused.
        """
        value = goal.reported(rank.score) if math.isfinite(rank.score) else None
        verb = "stopped it" if stop else "paused it" if pause else "continued it"
        best = "its report, which is not finite," if value is None else f"its best {value:.6g}"
        unit = unit_of(policy)
        message = f"{policy.name} {verb} at {unit} {interval}: {best} {explanation}"
        if threshold is not None and not math.isfinite(threshold):
            threshold = None
        others = rank.other_count
        return cls(
            stop, policy.name, policy.reason, interval, value, threshold, others, message, pause
        )


class NeverSchedule:
    """The schedule of no policy."""

    def applies(self, interval: int) -> bool:
        """Return False."""
        return False


NEVER = NeverSchedule()


@dataclass(frozen=True, slots=True)
class NoPolicy:
    """Every trial runs to its end."""

    name: ClassVar[str] = "none"
    reason: ClassVar[str] = ""
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Schedule = NEVER

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Let the trial continue."""
        explanation = "there is no policy: every trial runs to its end"
        return Decision(False, self.name, "", interval, None, None, rank.other_count, explanation)


def unit_of(policy: Policy) -> str:
    """Return the name of the intervals of a policy: ``interval``, or that of its budget parameter."""
    return getattr(policy, "budget_parameter", "") or REPORTS


def count_trials(number: int) -> str:
    """Return a number of trials in words: ``1 trial``, ``5 trials``."""
    return f"{number} trial{'s' if number != 1 else ''}"


def count_other_trials(number: int) -> str:
    """Return the number of other trials in words: ``1 other trial``, ``5 other trials``."""
    return f"{number} other trial{'s' if number != 1 else ''}"
