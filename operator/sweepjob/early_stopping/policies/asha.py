"""ASHA: asynchronous successive halving, by stopping or by promotion. Azure has no such policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import Decision, Policy, Statistic
from ..rankings import Rank
from .asha_promotion import PromotingAshaPolicy
from .declaration import PolicyDeclaration, Rule
from .rungs import Rungs

_MOST_REPORTS = 10**9  # no trial makes more
STOP, PROMOTE = "stop", "promote"


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
        count = rank.other_count + 1
        top = self.schedule.top_size(count)
        stop = top > 0 and rank.worse_count < count - top and rank.is_comparable
        if top == 0:
            why = f"is {self.schedule.describe_start(count, 'decisions')}"
            return Decision.of(
                self, interval, rank, goal, stop=False, threshold=None, explanation=why
            )
        threshold = goal.reported(rank.other_score(rank.other_count - top))
        why = f"is {'not ' if stop else ''}in {self.schedule.describe_top(count)}"
        if stop:
            why += f"; the last of these has {threshold:.6g}"
        return Decision.of(
            self, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
        )


def _build(values: Mapping[str, Any], note: Note) -> Policy:
    grace, maximum = values["gracePeriod"], values["maxReports"]
    if maximum is not None and grace >= maximum:
        note("gracePeriod", grace, f"must be below maxReports ({maximum}): no rung is left")
    rungs = Rungs(values["reductionFactor"], grace, maximum)
    return PromotingAshaPolicy(rungs) if values["mode"] == PROMOTE else AshaPolicy(rungs)


DECLARATION = PolicyDeclaration(
    name=AshaPolicy.name,
    reason=AshaPolicy.reason,
    summary="not among the best at a rung",
    build=_build,
    parameters=(
        ParameterDeclaration(
            "reductionFactor",
            "integer",
            "One trial in this many continues at each rung.",
            default=3,
            minimum=2,
            maximum=1000,
        ),
        ParameterDeclaration(
            "gracePeriod",
            "integer",
            "Number of the report at the first rung.",
            default=1,
            minimum=1,
            maximum=_MOST_REPORTS,
        ),
        ParameterDeclaration(
            "maxReports",
            "integer",
            "Number of reports of a complete trial: asha has no rung from this number on; forecast and "
            "auto learn it from complete trials unless it is given.",
            minimum=1,
            maximum=_MOST_REPORTS,
        ),
        ParameterDeclaration(
            "mode",
            "string",
            "stop: the others are stopped. promote: the others are paused, and continued when they are "
            "among the best later; needs trial.checkpoint.",
            default=STOP,
            values=(STOP, PROMOTE),
        ),
    ),
    rules=(
        Rule(
            "!has(self.gracePeriod) || !has(self.maxReports) || self.gracePeriod < self.maxReports",
            "gracePeriod must be below maxReports, or there is no rung",
        ),
    ),
    instead_of={
        (
            "evaluationInterval",
            "delayEvaluation",
        ): "asha has rungs instead of evaluationInterval and "
        "delayEvaluation; use gracePeriod and reductionFactor"
    },
)
