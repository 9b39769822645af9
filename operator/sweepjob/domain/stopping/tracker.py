"""A policy at work in a sweep: told every report, it answers with a decision."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..curve import KEPT, Curve
from ..objective import Goal
from .interface import Decision, Measure, Policy
from .standings import Standings


@dataclass(slots=True)
class Tracker:
    """The one place where curves, standings and a policy meet."""

    policy: Policy
    goal: Goal
    _standings: Standings = field(default_factory=Standings)

    def curve(self) -> Curve:
        """An empty curve, which will keep what the policy can ask for."""
        return Curve(self.goal, self.policy.schedule.applies)

    def judge(self, trial: int, curve: Curve) -> Decision | None:
        """Decide after the newest report of a curve; None when the policy is not applied there.

        Args:
            trial: the trial's index.
            curve: its reports; call this after every one of them.
        """
        interval = curve.count
        if not self.policy.schedule.applies(interval):
            return None
        compared = curve.mean if self.policy.measure is Measure.MEAN else curve.score
        rank = self._standings.record(trial, interval, curve.score, compared)
        return self.policy.judge(interval, rank, self.goal)

    def restore(self, trial: int, curve: Curve) -> None:
        """Enter a trial at all intervals of a curve that was read from the record."""
        replayed = Curve(self.goal, self.policy.schedule.applies, carried=curve.carried)
        for value in curve.values:
            replayed.append(value)
            self._enter(trial, replayed.count, replayed.score, replayed.mean)
        for point in curve.later if curve.count > KEPT else ():
            self._enter(trial, point.interval, point.best, point.mean)

    def forget(self, trial: int) -> None:
        """A trial starts again: where it stood before counts no more, as if it had not been."""
        self._standings.remove(trial)

    def _enter(self, trial: int, interval: int, best: float, mean: float) -> None:
        if self.policy.schedule.applies(interval):
            compared = mean if self.policy.measure is Measure.MEAN else best
            self._standings.record(trial, interval, best, compared)
