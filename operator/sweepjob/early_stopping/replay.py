"""Replays recorded learning curves under a policy."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..objective import Goal
from .curve import Curve
from .evaluator import PolicyEvaluator
from .policy import Decision, Policy

# Exact numbers, so that simultaneous reports have equal times.
Seconds = int | Fraction


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """A recorded learning curve.

    Attributes:
        trial: the trial's number, unique and not negative.
        values: all reports of the primary metric.
        seconds: the duration of each report, not negative; of the length of ``values``.
    """

    trial: int
    values: tuple[float, ...]
    seconds: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a trial in a replay.

    Attributes:
        trial: the trial's number.
        reports: the number of reports it made.
        stopped: the decision that stopped it; None when it ran to its end.
        started: seconds since the start of the replay; None for a trial without reports.
        ended: seconds since the start of the replay; None for a trial without reports.
    """

    trial: int
    reports: int
    stopped: Decision | None
    started: Seconds | None = None
    ended: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay.

    Attributes:
        outcomes: the outcomes, in the order of the recorded trials.
        saved: the share of the trials' total time that the policy saved, 0 to 1.
        best_lost: whether the trial with the best value was stopped before it reached it.
    """

    outcomes: tuple[Outcome, ...]
    saved: float
    best_lost: bool


def replay(trials: Sequence[RecordedTrial], policy: Policy, goal: Goal, concurrent: int) -> Replay:
    """Replay recorded trials under a policy.

    A decision takes effect at once, and so does the start of the next trial in a free slot.
    Simultaneous reports arrive in the order of the trials' numbers.

    Args:
        trials: the recorded curves, in the order in which trials start.
        policy: the policy.
        goal: which values of the metric are better.
        concurrent: the number of trials that run at a time.
    """
    simulation = _Simulation(PolicyEvaluator(policy, goal), iter(trials))
    for _ in range(concurrent):
        simulation.start(0)
    while simulation.queue:
        simulation.step()
    outcomes = tuple(simulation.outcomes[recorded.trial] for recorded in trials)
    spent = [sum(t.seconds[: o.reports]) for t, o in zip(trials, outcomes, strict=True)]
    total = sum(sum(recorded.seconds) for recorded in trials)
    saved = float(1 - Fraction(sum(spent)) / total) if total else 0.0
    best = max((goal.score(v) for t in trials for v in t.values), default=simulation.best)
    return Replay(outcomes, saved, simulation.best < best)


@dataclass(slots=True)
class _Simulation:
    """The state of a replay: running trials, and the times of their next reports."""

    evaluator: PolicyEvaluator
    waiting: Iterator[RecordedTrial]
    queue: list[tuple[Seconds, int]] = field(default_factory=list)
    running: dict[int, tuple[RecordedTrial, Curve]] = field(default_factory=dict)
    started: dict[int, Seconds] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    best: float = float("-inf")

    def start(self, now: Seconds) -> None:
        """Start the next trial that has a report."""
        for recorded in self.waiting:
            if not recorded.values:
                self.outcomes[recorded.trial] = Outcome(recorded.trial, 0, None)
                continue
            self.running[recorded.trial] = (recorded, self.evaluator.new_curve())
            self.started[recorded.trial] = now
            heapq.heappush(self.queue, (now + recorded.seconds[0], recorded.trial))
            return

    def step(self) -> None:
        """Process the next report."""
        now, number = heapq.heappop(self.queue)
        recorded, curve = self.running[number]
        curve.append(recorded.values[curve.count])
        self.best = max(self.best, curve.score)
        decision = self.evaluator.evaluate(number, curve)
        stopped = decision if decision is not None and decision.stop else None
        if stopped is None and curve.count < len(recorded.values):
            heapq.heappush(self.queue, (now + recorded.seconds[curve.count], number))
            return
        del self.running[number]
        started = self.started[number]
        self.outcomes[number] = Outcome(number, curve.count, stopped, started, now)
        self.start(now)
