"""Bandit: stop a trial that falls too far behind the best (Azure semantics, "Bandit policy")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import EVERY_INTERVAL, Decision, Schedule, Statistic, count_other_trials
from ..rankings import Rank
from .declaration import SCHEDULE_PARAMETERS, PolicyDeclaration, Rule, interval_schedule

_ONE_SLACK = "bandit takes exactly one of slackFactor and slackAmount"


@dataclass(frozen=True, slots=True)
class BanditPolicy:
    """Stop a trial whose best within n reports is worse than the threshold.

    The cut is the best of any other trial within n reports, less the slack. Exactly one of the two
    slacks is given.

    Attributes:
        slack_factor: the allowed ratio. When maximising, the threshold is best / (1 + factor); when
            minimising, best * (1 + factor). For values of the other sign the two are exchanged, so
            that the threshold is always on the worse side of the best (Azure semantics, "Bandit policy").
        slack_amount: the allowed difference, in units of the metric.
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "bandit"
    reason: ClassVar[str] = "Bandit"
    statistic: ClassVar[Statistic] = Statistic.BEST
    slack_factor: float | None = None
    slack_amount: float | None = None
    schedule: Schedule = EVERY_INTERVAL

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is beyond the threshold.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        best_score = rank.best_of_others()
        if not math.isfinite(best_score):
            why = "has no other trial to be compared with"
            return Decision.of(
                self, interval, rank, goal, stop=False, threshold=None, explanation=why
            )
        best = goal.reported(best_score)
        cut = self.cut(best, goal)
        stop = rank.score < goal.score(cut)
        side = "below" if goal is Goal.MAXIMIZE else "above"
        why = (
            f"is {'' if stop else 'not '}{side} the threshold {cut:.6g}, which is the best {best:.6g} "
            f"of {count_other_trials(rank.other_count)} with {self._slack()}"
        )
        return Decision.of(self, interval, rank, goal, stop=stop, threshold=cut, explanation=why)

    def cut(self, best: float, goal: Goal) -> float:
        """Return the worst value that is not stopped.

        Args:
            best: the best value of any other trial.
            goal: which values are better.

        Returns:
            a finite value that is not better than ``best``.
        """
        if self.slack_amount is not None:
            amount = self.slack_amount
            return _finite(best - amount if goal is Goal.MAXIMIZE else best + amount)
        factor = 1 + (self.slack_factor or 0.0)
        shrinks = (best > 0) is (goal is Goal.MAXIMIZE)
        return _finite(best / factor if shrinks else best * factor)

    def _slack(self) -> str:
        if self.slack_amount is not None:
            return f"slack amount {self.slack_amount:g}"
        return f"slack factor {self.slack_factor:g}"


def _finite(value: float) -> float:
    """Return the value, clipped to the finite floats."""
    largest = math.nextafter(math.inf, 0.0)
    return min(max(value, -largest), largest)


def _build(values: Mapping[str, Any], note: Note) -> BanditPolicy:
    factor, amount = values["slackFactor"], values["slackAmount"]
    if (factor is None) == (amount is None):
        given = {"slackFactor": factor, "slackAmount": amount}
        note("", {key: value for key, value in given.items() if value is not None}, _ONE_SLACK)
    return BanditPolicy(factor, amount, interval_schedule(values))


DECLARATION = PolicyDeclaration(
    name=BanditPolicy.name,
    reason=BanditPolicy.reason,
    summary="too far behind the best",
    build=_build,
    parameters=(
        ParameterDeclaration(
            "slackFactor", "number", "Allowed ratio to the best other trial.", minimum=0
        ),
        ParameterDeclaration(
            "slackAmount", "number", "Allowed difference to the best other trial.", minimum=0
        ),
        *SCHEDULE_PARAMETERS,
    ),
    rules=(Rule("has(self.slackFactor) != has(self.slackAmount)", _ONE_SLACK),),
)
