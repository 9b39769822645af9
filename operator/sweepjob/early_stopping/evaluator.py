"""A policy at work in a sweep: told every report, it answers with a decision."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..objective import Goal
from .curve import KEPT, Curve
from .policy import Decision, Measure, Policy
from .rankings import Entries, Rank, Rankings


@dataclass(slots=True)
class PolicyEvaluator:
    """The one place where curves, standings and a policy meet."""

    policy: Policy
    goal: Goal
    _standings: Rankings = field(default_factory=Rankings)
    # The intervals among the first KEPT at which the policy is applied, once they were needed.
    _applied: array[int] | None = field(default=None, repr=False, compare=False)

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

    def restore(self, curves: Mapping[int, Curve]) -> None:
        """Enter trials, by index, at all intervals of the curves that were read from their records.
        Nothing may have been entered before.
        """
        for _ in self.restoring(sorted(curves.items())):
            pass

    def restoring(self, curves: Iterable[tuple[int, Curve]]) -> Iterator[None]:
        """The same in small steps, of curves in the order of the trials' indices, each of which is
        needed once and may be forgotten then.
        """
        entries: dict[int, Entries] = defaultdict(lambda: (array("d"), array("i")))
        for trial, curve in curves:
            for interval, compared in self._history(curve):
                scores, trials = entries[interval]
                scores.append(compared)
                trials.append(trial)
            yield
        for interval in sorted(entries):
            self._standings.fill(interval, entries.pop(interval))
            yield

    def _history(self, curve: Curve) -> Iterator[tuple[int, float]]:
        """The intervals at which the policy is applied, and what was compared there."""
        by_mean, applies = self.policy.measure is Measure.MEAN, self.policy.schedule.applies
        if self._applied is None:
            self._applied = array("i", filter(applies, range(1, KEPT + 1)))
        applied = self._applied[: bisect_right(self._applied, len(curve.values))]
        if applied:
            compared = list(curve.means() if by_mean else curve.bests())
            yield from ((n, compared[n - 1]) for n in applied)
        for point in curve.later:
            if applies(point.interval):
                yield point.interval, point.mean if by_mean else point.best

    def cuts(self) -> Iterator[tuple[int, float]]:
        """By interval, what a further trial would have to reach there to go on, from those that have
        been entered; intervals where the policy would stop none are left out.
        """
        for interval, scores in self._standings.leagues():
            # It stands below all of them until it has reported.
            rank = Rank(-math.inf, 0, 0, array("d", [-math.inf]) + scores)
            threshold = self.policy.judge(interval, rank, self.goal).threshold
            if threshold is not None:
                yield interval, threshold

    def forget(self, trial: int) -> None:
        """A trial starts again: where it stood before counts no more, as if it had not been."""
        self._standings.remove(trial)
