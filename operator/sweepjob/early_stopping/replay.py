"""What a policy would have stopped, on learning curves that were recorded without it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ..objective import Goal
from .curve import Curve
from .evaluator import PolicyEvaluator
from .policy import Decision, Policy

# Exact, so that reports that are simultaneous are seen to be.
Seconds = int | Fraction


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """A learning curve.

    Attributes:
        trial: its number; not negative, and no other's.
        values: every report of the primary metric.
        seconds: how long each took, not negative; as many as there are values.
    """

    trial: int
    values: tuple[float, ...]
    seconds: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial in the replay.

    Attributes:
        trial: its number.
        reports: how many it got to make.
        stopped: why it was stopped, if it was.
        started, ended: seconds since the replay's beginning; None of a trial that has nothing to report.
    """

    trial: int
    reports: int
    stopped: Decision | None
    started: Seconds | None = None
    ended: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it.

    Attributes:
        outcomes: in the order of the recorded trials.
        saved: share of the trials' total time that was not spent, 0 to 1.
        best_lost: whether the best value of all curves was not reached.
    """

    outcomes: tuple[Outcome, ...]
    saved: float
    best_lost: bool


def replay(trials: Sequence[RecordedTrial], policy: Policy, goal: Goal, concurrent: int) -> Replay:
    """Run recorded trials under a policy.

    Trials start in the order given, ``concurrent`` at a time. Decisions act at once, a freed slot is
    filled at once, and simultaneous reports are taken by trial number.
    """
    run = _Run(PolicyEvaluator(policy, goal), iter(trials))
    for _ in range(concurrent):
        run.start(0)
    while run.due:
        run.step()
    outcomes = tuple(run.outcomes[recorded.trial] for recorded in trials)
    spent = [sum(t.seconds[: o.reports]) for t, o in zip(trials, outcomes, strict=True)]
    total = sum(sum(recorded.seconds) for recorded in trials)
    saved = float(1 - Fraction(sum(spent)) / total) if total else 0.0
    best = max((goal.score(v) for t in trials for v in t.values), default=run.best)
    return Replay(outcomes, saved, run.best < best)


@dataclass(slots=True)
class _Run:
    """The simulation: who runs, and who reports next."""

    tracker: PolicyEvaluator
    waiting: Iterator[RecordedTrial]
    due: list[tuple[Seconds, int]] = field(default_factory=list)
    running: dict[int, tuple[RecordedTrial, Curve]] = field(default_factory=dict)
    started: dict[int, Seconds] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    best: float = float("-inf")

    def start(self, now: Seconds) -> None:
        """Give a free slot to the next trial that has anything to report."""
        for recorded in self.waiting:
            if not recorded.values:
                self.outcomes[recorded.trial] = Outcome(recorded.trial, 0, None)
                continue
            self.running[recorded.trial] = (recorded, self.tracker.curve())
            self.started[recorded.trial] = now
            heapq.heappush(self.due, (now + recorded.seconds[0], recorded.trial))
            return

    def step(self) -> None:
        """The next report, and what follows from it."""
        now, number = heapq.heappop(self.due)
        recorded, curve = self.running[number]
        curve.append(recorded.values[curve.count])
        self.best = max(self.best, curve.score)
        decision = self.tracker.judge(number, curve)
        stopped = decision if decision is not None and decision.stop else None
        if stopped is None and curve.count < len(recorded.values):
            heapq.heappush(self.due, (now + recorded.seconds[curve.count], number))
            return
        del self.running[number]
        started = self.started[number]
        self.outcomes[number] = Outcome(number, curve.count, stopped, started, now)
        self.start(now)
