"""A sweep of the project under the bench's protocol: its sampler and policy, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.early_termination import parse_policy, policy_in_force
from sweepjob.api.spec.sampling_algorithm import parse_algorithm
from sweepjob.early_stopping.activity import Activity
from sweepjob.early_stopping.curve import Curve
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.extrapolation import ObservationHistory
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.early_stopping.policy import NoPolicy, PausedTrial, Policy
from sweepjob.objective import Goal
from sweepjob.search.sampler import Observation
from sweepjob.search.space import Assignment

from ..search.spaces import Parameter, space_of

Section = dict[str, Any]


@dataclass
class Running:
    """A trial that runs."""

    assignment: Assignment
    curve: Curve


class Sweep:
    """A sweep: keeps what an operator would have on record, and does with it what the operator does.

    Args:
        space: a list of parameters.
        goal: ``maximize`` or ``minimize``.
        max_reports: the number of reports of a complete trial; the policy gets it if it takes it.
        checkpoints: whether a trial can be paused.
        sampling: ``samplingAlgorithm`` of a SweepJob.
        termination: ``earlyTermination`` of a SweepJob; None for none.

    Raises:
        sweepjob.api.parsing.problem.InvalidSpec: a section is invalid.
    """

    def __init__(
        self,
        space: list[Parameter],
        goal: str,
        seed: int,
        max_reports: int,
        checkpoints: bool,
        sampling: Section,
        termination: Section | None,
    ) -> None:
        parsed, self._shifts = space_of(space)
        self._goal = Goal(goal)
        reader = Reader(sampling, "samplingAlgorithm")
        self._sampler = parse_algorithm(reader).sampler.build(parsed, seed)
        reader.finish()
        policy = _policy(termination, max_reports, checkpoints)
        self._evaluator = PolicyEvaluator(policy, self._goal)
        self._history = ObservationHistory()
        self._running: dict[int, Running] = {}
        self._paused: dict[int, Running] = {}
        self._created = 0
        self._evaluator.set_activity_of(self._activity_of)

    def _activity_of(self, trial: int) -> Activity:
        if trial in self._paused:
            return Activity.WAITING
        return Activity.RUNNING if trial in self._running else Activity.INACTIVE

    def next(self, now: float) -> Section | None:
        """What a free worker does: a new trial, or a paused one; None when nothing is left to run.

        Args:
            now: virtual seconds.
        """
        resumed = self._resume(must_complete=False)
        return resumed or self._start() or self._resume(must_complete=True)

    def _resume(self, *, must_complete: bool) -> Section | None:
        if not self._paused:
            return None
        paused = {
            n: PausedTrial(found.curve.count, found.curve) for n, found in self._paused.items()
        }
        chosen = self._evaluator.choose(paused, must_complete=must_complete)
        if chosen is None:
            return None
        self._running[chosen.trial] = found = self._paused.pop(chosen.trial)
        return {"trial": chosen.trial, "resume_from": found.curve.count}

    def _start(self) -> Section | None:
        number = self._created
        known = list[Observation]()
        if self._sampler.uses_observations:
            known += self._history.observations()
            known += self._history.estimates(self._paused_trials())
            known += [
                Observation(n, trial.assignment, None, ended=False)
                for n, trial in self._running.items()
            ]
        assignment = self._sampler.propose(number, known)
        if assignment is None:
            return None
        self._created += 1
        self._running[number] = Running(assignment, self._evaluator.new_curve())
        return {"trial": number, "config": self._shifted(assignment)}

    def report(self, trial: int, value: float, now: float) -> str:
        """Take a report; return whether the trial is to ``continue``, ``stop`` or ``pause``."""
        running = self._running[trial]
        running.curve.append(value)
        decision = self._evaluator.evaluate(trial, running.curve)
        if decision is not None and decision.pause:
            self._paused[trial] = self._running.pop(trial)
            return "pause"
        if decision is None or not decision.stop:
            return "continue"
        found, seen = self._ended(trial)
        self._history.add_stopped(seen, found.curve)
        return "stop"

    def end(self, trial: int, now: float) -> None:
        """Take note that a trial has made all its reports."""
        found, seen = self._ended(trial)
        self._evaluator.add_complete(found.curve)
        self._history.add_full(seen, trial, found.curve)

    def _paused_trials(self) -> list[tuple[Observation, Curve]]:
        return [
            (Observation(n, found.assignment, _score(found.curve), ended=True), found.curve)
            for n, found in self._paused.items()
        ]

    def _ended(self, trial: int) -> tuple[Running, Observation]:
        found = self._running.pop(trial)
        return found, Observation(trial, found.assignment, _score(found.curve), ended=True)

    def _shifted(self, assignment: Assignment) -> Section:
        return {
            n: v + self._shifts.get(n, 0) if n in self._shifts else v for n, v in assignment.items()
        }


def _score(curve: Curve) -> float | None:
    return None if curve.best is None else curve.score


def _policy(termination: Section | None, max_reports: int, checkpoints: bool) -> Policy:
    if not termination:
        return NoPolicy()
    declaration = POLICIES.get(str(termination.get("type")))
    takes = {p.name for p in declaration.parameters} if declaration else set()
    known = {"maxReports": max_reports} if "maxReports" in takes else {}
    reader = Reader({**known, **termination}, "earlyTermination")
    policy = parse_policy(reader)
    reader.finish()
    return policy_in_force(policy, has_checkpoints=checkpoints)
