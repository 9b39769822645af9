"""Asynchronous successive halving, by stopping: what Azure lacks."""

from __future__ import annotations

from dataclasses import dataclass

from ...objective import Goal
from ..policy import Decision, Measure, decide
from ..rankings import Rank


@dataclass(frozen=True, slots=True)
class Rungs:
    """The intervals grace, grace * factor, grace * factor**2, ... below the maximum.

    Attributes:
        reduction_factor: at least 2.
        grace_period: the first rung, at least 1.
        maximum: the number of reports of a full run, at which there is nothing left to save; None
            for rungs without end.
    """

    reduction_factor: int
    grace_period: int = 1
    maximum: int | None = None

    def applies(self, interval: int) -> bool:
        """Whether the interval is a rung."""
        if self.maximum is not None and interval >= self.maximum:
            return False
        multiple, rest = divmod(interval, self.grace_period)
        while rest == 0 and multiple > 1:
            multiple, rest = divmod(multiple, self.reduction_factor)
        return rest == 0 and multiple == 1


@dataclass(frozen=True, slots=True)
class AshaPolicy:
    """At each rung, a trial goes on when its best is in the top 1 / reduction_factor of all trials
    that came to the rung so far, itself included; the first ``reduction_factor - 1`` to come there
    go on, since the top is empty then.

    Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2, in
    its stopping variant: nothing is paused, so no checkpoints are needed.
    """

    schedule: Rungs
    measure = Measure.BEST

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is not in the rung's top."""
        factor = self.schedule.reduction_factor
        count = rank.others + 1
        top = count // factor
        stop = top > 0 and rank.worse < count - top and rank.comparable
        if top == 0:
            why = f"is the {_ordinal(count)} at this rung; comparing begins with {factor}"
            return decide(False, "asha", interval, rank, goal, None, why)
        threshold = goal.reported(rank.other(rank.others - top))
        share = f"the top {top} of {count} trials at this rung (1/{factor})"
        why = f"is {'not ' if stop else ''}in {share}"
        if stop:
            why += f"; the worst of them has {threshold:.6g}"
        return decide(stop, "asha", interval, rank, goal, threshold, why)


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 // 10 != 1 else 0, "th")
    return f"{number}{ending}"
