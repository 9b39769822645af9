"""Azure's bandit policy: stop what falls too far behind the best (Azure semantics, "Bandit policy")."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...objective import Goal
from ..policy import EVERY_INTERVAL, Decision, Measure, Schedule, counted, decide
from ..rankings import Rank


@dataclass(frozen=True, slots=True)
class BanditPolicy:
    """Stop a trial whose best within n reports is worse than the best of any other trial within n
    reports by more than the slack. Exactly one of the two slacks is given.

    Attributes:
        slack_factor: allowed ratio. Maximising, the cut is best / (1 + factor); minimising,
            best * (1 + factor). For values of the other sign the two change places, so that the cut
            is always on the worse side of the best (Azure semantics, "Bandit policy").
        slack_amount: allowed difference, in units of the metric.
    """

    slack_factor: float | None = None
    slack_amount: float | None = None
    schedule: Schedule = EVERY_INTERVAL
    measure = Measure.BEST

    def judge(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when it is beyond the cut; go on without another trial to compare with."""
        best_score = rank.best_of_others()
        if not math.isfinite(best_score):
            why = "has no other trial's to be compared with"
            return decide(False, "bandit", interval, rank, goal, None, why)
        best = goal.reported(best_score)
        cut = self.cut(best, goal)
        stop = rank.score < goal.score(cut)
        side = "below" if goal is Goal.MAXIMIZE else "above"
        why = (
            f"is {'' if stop else 'not '}{side} the cut {cut:.6g}, that is the best {best:.6g} "
            f"of {counted(rank.others)} with {self._slack()}"
        )
        return decide(stop, "bandit", interval, rank, goal, cut, why)

    def cut(self, best: float, goal: Goal) -> float:
        """The worst value that is still allowed, given the best; finite, and never better than it."""
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
    """A cut beyond the range of floats is at its end."""
    largest = math.nextafter(math.inf, 0.0)
    return min(max(value, -largest), largest)
