"""Applies a sweep's policy to the reports of its trials."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ..objective import Goal
from .activity import Activity
from .curve import FULLY_KEPT, Curve
from .policy import Decision, PausedTrial, PausingPolicy, Policy, Resumption, Statistic
from .rankings import Entries, Rank, Rankings

if TYPE_CHECKING:
    from .running_statistics import Statistics

# Trials whose scores are added together: a few milliseconds of work.
_BLOCK = 32
RungScore = tuple[int, int, float]  # a trial, a budget, and its best score when that had been used


@dataclass(slots=True)
class PolicyEvaluator:
    """Holds the rankings of a sweep's trials and asks the policy for decisions.

    Attributes:
        policy: the sweep's policy.
        goal: which values of the metric are better.
    """

    policy: Policy
    goal: Goal
    _rankings: Rankings = field(default_factory=Rankings)
    # The intervals among the first FULLY_KEPT at which the policy is applied; None until needed.
    _applied: array[int] | None = field(default=None, repr=False, compare=False)

    def new_curve(self) -> Curve:
        """Return an empty curve that keeps the reports at the policy's intervals."""
        return Curve(self.goal, self.policy.schedule.applies)

    def evaluate(self, trial: int, curve: Curve) -> Decision | None:
        """Rank a trial by its newest report and ask the policy.

        Call this after every report.

        Args:
            trial: the trial's index.
            curve: its reports.

        Returns:
            the decision; None when the policy is not applied at this interval.
        """
        interval = curve.count
        if not self.policy.schedule.applies(interval) or self._is_left_out(curve):
            return None
        compared = curve.mean if self.policy.statistic is Statistic.MEAN else curve.score
        rank = self._rankings.record(trial, interval, curve.score, compared)
        return self.policy.decide(interval, rank, self.goal)

    def judge_rung(self, trial: int, budget: int, curve: Curve) -> Decision:
        """Ask the policy about a trial whose execution with a budget has ended. Nothing is ranked.

        Args:
            trial: the trial's index.
            budget: the budget.
            curve: its reports.
        """
        ranking = self._rankings.at(budget)
        ranking.remove(trial)
        rank = self._rankings.record(trial, budget, curve.score, curve.score)
        decision = self.policy.decide(budget, rank, self.goal)
        self._rankings.at(budget).remove(trial)
        return decision

    def record_rung(self, trial: int, budget: int, score: float) -> None:
        """Rank a trial by its value at the end of an execution with a budget.

        Args:
            trial: the trial's index.
            budget: the budget.
            score: its best score by then; minus infinity without a finite one.
        """
        self._rankings.at(budget).remove(trial)
        self._rankings.record(trial, budget, score, score)

    def choose(
        self, paused: Mapping[int, PausedTrial], *, must_complete: bool
    ) -> Resumption | None:
        """Choose what gets a free slot: a trial that the policy paused, or a new one.

        Args:
            paused: the trials that the policy paused, by index; at least one.
            must_complete: nothing else is left to run, and no trial has succeeded.

        Returns:
            The trial to continue; None for a new trial.
        """
        if isinstance(self.policy, PausingPolicy):
            return self.policy.choose(
                paused, self._rankings, self.goal, must_complete=must_complete
            )
        message = "the policy that paused it is not in force any more"
        return Resumption(min(paused), message)

    def restore(self, curves: Mapping[int, Curve]) -> None:
        """Rank trials at all their intervals, from curves that were read from records.

        Args:
            curves: curves by trial index. The evaluator must not have ranked any trial before.
        """
        for _ in self.restore_in_steps(sorted(curves.items())):
            pass

    def restore_in_steps(self, curves: Iterable[tuple[int, Curve] | None]) -> Iterator[None]:
        """Do the same in small steps.

        Args:
            curves: index and curve of each trial, in the order of the indices; None for a trial that is
                not ranked. Each curve is read once and may be discarded after its step.
        """
        entries = _no_entries()
        block: list[tuple[int, Statistics]] = []
        for found in curves:
            if found is not None and not self._is_left_out(found[1]):
                trial, curve = found
                block.append((trial, self._compared(curve)))
                if len(block) == _BLOCK:
                    self._add_columns(entries, block)
                    block = []
                self._add_thinned(entries, trial, curve)
            yield
        self._add_columns(entries, block)
        yield
        yield from self._restore_entries(entries)

    def restore_rungs_in_steps(self, rungs: Iterable[RungScore]) -> Iterator[None]:
        """Rank trials at the budgets with which they were run, from records, in small steps.

        Args:
            rungs: in the order of the trials' indices; each trial once at a budget. The evaluator must
                not have ranked any trial before.
        """
        entries = _no_entries()
        for trial, budget, score in rungs:
            scores, trials = entries[budget]
            scores.append(score)
            trials.append(trial)
        yield
        yield from self._restore_entries(entries)

    def _restore_entries(self, entries: dict[int, Entries]) -> Iterator[None]:
        for interval in sorted(entries):
            self._rankings.restore(interval, entries.pop(interval))
            yield

    def _is_left_out(self, curve: Curve) -> bool:
        """Return whether a curve is in several pieces and the policy compares whole curves.

        The reports of a replacement pod are counted from one again, beside the best of the pods before.
        Such a trial would seem to stand still.
        """
        return curve.previous_best is not None and getattr(self.policy, "compares_curves", False)

    def _compared(self, curve: Curve) -> Statistics:
        """Return the compared statistic at each of the first reports at which the policy is applied."""
        # Imported with the first sweep that has a policy: the light installation has no numpy.
        from .running_statistics import running_bests, running_means

        applied = self._applied_intervals()
        number = bisect_right(applied, len(curve.values))
        by_mean = self.policy.statistic is Statistic.MEAN
        compared = running_means(curve) if by_mean else running_bests(curve)
        if number == len(compared):
            return compared
        return compared[[n - 1 for n in applied[:number]]]

    def _applied_intervals(self) -> array[int]:
        if self._applied is None:
            applies = self.policy.schedule.applies
            self._applied = array("i", filter(applies, range(1, FULLY_KEPT + 1)))
        return self._applied

    def _add_columns(
        self, entries: dict[int, Entries], block: list[tuple[int, Statistics]]
    ) -> None:
        """Add the scores of some trials at each interval: many at once cost a tenth of one by one."""
        if not block:
            return  # without numpy, which takes 10 MiB
        from .running_statistics import stack

        applied = self._applied_intervals()
        lengths = sorted({len(row) for _, row in block} - {0})
        for first, last in pairwise([0, *lengths]):
            present = [(trial, row) for trial, row in block if len(row) >= last]
            trials = array("i", [trial for trial, _ in present])
            columns = stack([row for _, row in present], first, last)
            for interval, column in zip(applied[first:last], columns, strict=True):
                scores, indices = entries[interval]
                scores.frombytes(column.tobytes())
                indices.extend(trials)

    def _add_thinned(self, entries: dict[int, Entries], trial: int, curve: Curve) -> None:
        by_mean, applies = self.policy.statistic is Statistic.MEAN, self.policy.schedule.applies
        for report in curve.thinned:
            if applies(report.interval):
                scores, trials = entries[report.interval]
                scores.append(report.mean if by_mean else report.best)
                trials.append(trial)

    def thresholds(self) -> Iterator[tuple[int, float]]:
        """Yield the value that one more trial would have to reach at each interval not to be stopped.

        Intervals at which the policy would stop no trial are left out.
        """
        for interval, scores in self._rankings.scores_by_interval():
            # A trial without a report ranks below all of them.
            rank = Rank(-math.inf, 0, 0, array("d", [-math.inf]) + scores)
            threshold = self.policy.decide(interval, rank, self.goal).threshold
            if threshold is not None:
                yield interval, threshold

    def add_complete(self, curve: Curve) -> None:
        """Learn from a complete trial how many reports a trial makes.

        Args:
            curve: all reports of a trial whose script has ended by itself.
        """
        if curve.count and not self._is_left_out(curve):
            self._rankings.add_complete(curve.count)

    def set_activity_of(self, activity_of: Callable[[int], Activity | None]) -> None:
        """Let the policy know what each trial does.

        Args:
            activity_of: returns it by the trial's index.
        """
        self._rankings.activity_of = activity_of

    def note_not_decided_on(self, trial: int) -> None:
        """Note that a trial continues without the policy.

        It ran before the policy was in force, and has not been paused by it; or a person continued it.
        """
        self._rankings.not_decided_on.add(trial)

    def note_paused(self, trial: int) -> None:
        """Note that the policy paused a trial."""
        self._rankings.not_decided_on.discard(trial)

    def remove_trial(self, trial: int) -> None:
        """Remove a trial that restarts from all rankings."""
        self._rankings.remove(trial)


def _no_entries() -> dict[int, Entries]:
    return defaultdict(lambda: (array("d"), array("i")))
