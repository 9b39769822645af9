"""Hyperband: asynchronous successive halving in several brackets. Azure has no such policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import Decision, Policy, Statistic
from ..rankings import Rank
from .brackets import Brackets, most_brackets
from .declaration import PolicyDeclaration, Rule
from .halving import decide_in_bracket, decide_to_stop
from .hyperband_promotion import PromotingHyperbandPolicy
from .rung_parameters import (
    BUDGET_PARAMETER,
    BUDGET_RULES,
    GRACE_PERIOD,
    HAS_A_RUNG,
    MAX_REPORTS,
    MODE,
    REDUCTION_FACTOR,
    STOP,
    no_rung,
    promotes,
)
from .rungs import Rungs

_MOST_BRACKETS = 32  # there is a rung for each power of the factor below a billion reports


@dataclass(frozen=True, slots=True)
class HyperbandPolicy:
    """At each rung of its bracket, stop a trial whose best is not in the top 1 / reduction_factor.

    A bracket is one run of successive halving (``AshaPolicy``) with a first rung of its own. Which first
    rung is right depends on how early a curve tells its end, which nobody knows beforehand; so the time
    is divided among all of them.

    Source: Li et al. (2018), Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization.

    Attributes:
        schedule: the brackets.
        promotes: whether it pauses trials instead, where they have checkpoints.
    """

    name: ClassVar[str] = "hyperband"
    reason: ClassVar[str] = "Hyperband"
    statistic: ClassVar[Statistic] = Statistic.BEST
    schedule: Brackets
    promotes: bool = True

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is not in the top of a rung of its bracket.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among all that made as many.
            goal: which values are better.
        """
        return decide_in_bracket(self, self.schedule, interval, rank, goal, decide_to_stop)

    def with_checkpoints(self) -> Policy:
        """Return the policy for trials that can be paused."""
        return PromotingHyperbandPolicy(self.schedule) if self.promotes else self


def _build(values: Mapping[str, Any], note: Note) -> Policy:
    grace, maximum = values["gracePeriod"], values["maxReports"]
    if maximum is None:
        note("maxReports", None, f"{_NEEDS_REPORTS}, the number of reports of a complete trial")
    elif grace >= maximum:
        note("gracePeriod", grace, no_rung(maximum))
    rungs = Rungs(values["reductionFactor"], grace, grace if maximum is None else maximum)
    most, given = most_brackets(rungs), values["brackets"]
    if given is not None and given > most and maximum is not None and grace < maximum:
        note("brackets", given, f"must be at most {most}: {_explain(rungs, most)}")
    brackets = Brackets(rungs, min(given or most, most))
    if promotes(values, note):
        return PromotingHyperbandPolicy(brackets, values["budgetParameter"] or "")
    return HyperbandPolicy(brackets, promotes=values["mode"] != STOP)


def _explain(rungs: Rungs, most: int) -> str:
    return (
        f"there are {most - 1} rungs from gracePeriod ({rungs.grace_period}) to maxReports "
        f"({rungs.maximum}), a bracket begins at each, and one has none"
    )


_NEEDS_REPORTS = "hyperband needs maxReports"
DECLARATION = PolicyDeclaration(
    name=HyperbandPolicy.name,
    reason=HyperbandPolicy.reason,
    summary="the same as asha in several brackets, each with a later first rung",
    build=_build,
    parameters=(
        REDUCTION_FACTOR,
        GRACE_PERIOD,
        MAX_REPORTS,
        ParameterDeclaration(
            "brackets",
            "integer",
            "Number of brackets; as many as there are rungs, and one without a rung, unless it is given.",
            minimum=1,
            maximum=_MOST_BRACKETS,
        ),
        MODE,
        BUDGET_PARAMETER,
    ),
    rules=(Rule("has(self.maxReports)", _NEEDS_REPORTS), HAS_A_RUNG, *BUDGET_RULES),
    instead_of={
        (
            "evaluationInterval",
            "delayEvaluation",
        ): "hyperband has rungs instead of evaluationInterval and delayEvaluation; use gracePeriod, "
        "reductionFactor and brackets"
    },
)
