"""ASHA: asynchronous successive halving, by stopping or by promotion. Azure has no such policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note
from ..policy import Decision, Policy, Statistic
from ..rankings import Rank
from .asha_promotion import PromotingAshaPolicy
from .declaration import PolicyDeclaration
from .halving import decide_to_stop
from .rung_parameters import (
    BUDGET_PARAMETER,
    BUDGET_RULES,
    GRACE_PERIOD,
    HAS_A_RUNG,
    MAX_REPORTS,
    MODE,
    REDUCTION_FACTOR,
    no_rung,
    promotes,
)
from .rungs import Rungs


@dataclass(frozen=True, slots=True)
class AshaPolicy:
    """At each rung, stop a trial whose best is not in the top 1 / reduction_factor.

    All trials that reached the rung so far count, the trial itself included. The first
    ``reduction_factor - 1`` to reach a rung continue, since the top is empty then.

    Source: Li et al. (2020), A System for Massively Parallel Hyperparameter Tuning, algorithm 2, in
    its stopping variant: no trial is paused, so no checkpoints are needed.

    Attributes:
        schedule: the rungs.
    """

    name: ClassVar[str] = "asha"
    reason: ClassVar[str] = "Asha"
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Rungs

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is not in the rung's top.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the rung.
            goal: which values are better.
        """
        return decide_to_stop(self, self.schedule, interval, rank, goal)


def _build(values: Mapping[str, Any], note: Note) -> Policy:
    grace, maximum = values["gracePeriod"], values["maxReports"]
    if maximum is not None and grace >= maximum:
        note("gracePeriod", grace, no_rung(maximum))
    rungs = Rungs(values["reductionFactor"], grace, maximum)
    if promotes(values, note):
        return PromotingAshaPolicy(rungs, values["budgetParameter"] or "")
    return AshaPolicy(rungs)


DECLARATION = PolicyDeclaration(
    name=AshaPolicy.name,
    reason=AshaPolicy.reason,
    summary="not among the best at a rung",
    build=_build,
    parameters=(REDUCTION_FACTOR, GRACE_PERIOD, MAX_REPORTS, MODE, BUDGET_PARAMETER),
    rules=(HAS_A_RUNG, *BUDGET_RULES),
    instead_of={
        (
            "evaluationInterval",
            "delayEvaluation",
        ): "asha has rungs instead of evaluationInterval and "
        "delayEvaluation; use gracePeriod and reductionFactor"
    },
)
