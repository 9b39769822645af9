"""Replays recorded learning curves under a policy."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..objective import Goal
from .curve import Curve
from .evaluator import PolicyEvaluator
from .policy import Decision, PausedTrial, Policy

# Exact numbers, so that simultaneous reports have equal times.
Seconds = int | Fraction


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """A recorded learning curve.

    Attributes:
        trial: the trial's number, unique and not negative.
        values: all reports of the primary metric.
        seconds: the duration of each report, not negative; of the length of ``values``.
        is_timed: the durations were recorded.
    """

    trial: int
    values: tuple[float, ...]
    seconds: tuple[Seconds, ...]
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a trial in a replay.

    Attributes:
        trial: the trial's number.
        reports: the number of reports it made.
        stopped: the decision that stopped it, or that paused it for good; None when it ran to its end.
        started: seconds since the start of the replay; None for a trial without reports.
        ended: seconds since the start of the replay; None for a trial without reports.
    """

    trial: int
    reports: int
    stopped: Decision | None
    started: Seconds | None = None
    ended: Seconds | None = None


@dataclass(frozen=True, slots=True)
class ReplayedReport:
    """A report in a replay.

    Attributes:
        trial: the trial's number.
        number: the number of the report, from 1.
        value: the value.
        at: seconds since the start of the replay.
        seconds: how long the trial ran for it until then.
    """

    trial: int
    number: int
    value: float
    at: Seconds
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay.

    Attributes:
        outcomes: the outcomes, in the order of the recorded trials.
        saved: the share of the trials' total time that the policy saved, 0 to 1.
        best_lost: whether the trial with the best value was stopped before it reached it.
        reports: all reports that were made, in their order.
    """

    outcomes: tuple[Outcome, ...]
    saved: float
    best_lost: bool
    reports: tuple[ReplayedReport, ...] = ()


def replay(trials: Sequence[RecordedTrial], policy: Policy, goal: Goal, concurrent: int) -> Replay:
    """Replay recorded trials under a policy.

    A decision takes effect at once, and so does the start of the next trial in a free slot. A paused
    trial continues where it was. Simultaneous reports arrive in the order of the trials' numbers.

    Args:
        trials: the recorded curves, in the order in which trials start.
        policy: the policy.
        goal: which values of the metric are better.
        concurrent: the number of trials that run at a time.
    """
    simulation = _Simulation(PolicyEvaluator(policy, goal), deque(trials), concurrent)
    simulation.fill(0)
    while simulation.queue:
        simulation.step()
    simulation.end_paused()
    outcomes = tuple(simulation.outcomes[recorded.trial] for recorded in trials)
    spent = [sum(t.seconds[: o.reports]) for t, o in zip(trials, outcomes, strict=True)]
    total = sum(sum(recorded.seconds) for recorded in trials)
    saved = float(1 - Fraction(sum(spent)) / total) if total else 0.0
    best = max((goal.score(v) for t in trials for v in t.values), default=simulation.best)
    return Replay(outcomes, saved, simulation.best < best, tuple(simulation.reports))


@dataclass(slots=True)
class _Simulation:
    """The state of a replay: running trials with the times of their next reports, and paused ones."""

    evaluator: PolicyEvaluator
    waiting: deque[RecordedTrial]
    concurrent: int
    queue: list[tuple[Seconds, int]] = field(default_factory=list)
    running: dict[int, tuple[RecordedTrial, Curve]] = field(default_factory=dict)
    paused: dict[int, PausedTrial] = field(default_factory=dict)
    # The decision that paused each of those, its recorded curve, and when.
    pauses: dict[int, tuple[Decision, RecordedTrial, Seconds]] = field(default_factory=dict)
    started: dict[int, Seconds] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reports: list[ReplayedReport] = field(default_factory=list)
    has_success: bool = False
    best: float = float("-inf")

    def fill(self, now: Seconds) -> None:
        """Give free slots to paused trials that the policy continues, then to new ones."""
        while len(self.running) < self.concurrent and (self._resume(now) or self._start(now)):
            pass

    def _resume(self, now: Seconds) -> bool:
        if not self.paused:
            return False
        is_last = not self.running and not any(t.values for t in self.waiting)
        must_complete = is_last and not self.has_success
        chosen = self.evaluator.choose(self.paused, must_complete=must_complete)
        if chosen is None:
            return False
        curve = self.paused.pop(chosen.trial).curve
        recorded = self.pauses.pop(chosen.trial)[1]
        self._run(recorded, curve, now)
        return True

    def _start(self, now: Seconds) -> bool:
        while self.waiting:
            recorded = self.waiting.popleft()
            if recorded.values:
                self.started[recorded.trial] = now
                self._run(recorded, self.evaluator.new_curve(), now)
                return True
            self.outcomes[recorded.trial] = Outcome(recorded.trial, 0, None)
        return False

    def _run(self, recorded: RecordedTrial, curve: Curve, now: Seconds) -> None:
        self.running[recorded.trial] = (recorded, curve)
        heapq.heappush(self.queue, (now + recorded.seconds[curve.count], recorded.trial))

    def step(self) -> None:
        """Process the next report."""
        now, number = heapq.heappop(self.queue)
        recorded, curve = self.running[number]
        seconds, value = recorded.seconds[curve.count], recorded.values[curve.count]
        curve.append(value)
        self.reports.append(ReplayedReport(number, curve.count, value, now, seconds))
        self.best = max(self.best, curve.score)
        decision = self.evaluator.evaluate(number, curve)
        is_over = curve.count == len(recorded.values)
        if decision is None or not (decision.stop or (decision.pause and not is_over)):
            decision = None
        if decision is None and not is_over:
            heapq.heappush(self.queue, (now + recorded.seconds[curve.count], number))
            return
        del self.running[number]
        if decision is not None and decision.pause:
            self.paused[number] = PausedTrial(decision.interval, curve)
            self.pauses[number] = (decision, recorded, now)
        else:
            if decision is None:
                self.has_success = True
                self.evaluator.add_complete(curve)
            self._end(number, curve, decision, now)
        self.fill(now)

    def end_paused(self) -> None:
        """End the trials that the policy did not continue."""
        for number, (decision, _, now) in self.pauses.items():
            self._end(number, self.paused[number].curve, decision, now)

    def _end(self, number: int, curve: Curve, decision: Decision | None, now: Seconds) -> None:
        started = self.started[number]
        self.outcomes[number] = Outcome(number, curve.count, decision, started, now)
