"""The contract of all policies."""

from __future__ import annotations

import contextlib
import math
import random
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ...api.parsing.reader import Reader
from ...api.spec.early_termination import parse_policy
from ...early_stopping.evaluator import PolicyEvaluator
from ...early_stopping.policies.declaration import PolicyDeclaration
from ...early_stopping.policies.registry import POLICIES
from ...early_stopping.policy import IntervalSchedule, Policy, Schedule
from ...objective import Goal
from .histories import GOALS, HISTORIES, INTERVALS, Curves, Report, curves_at, play, stops


class PolicyContract:
    """What every policy must do.

    Attributes:
        declaration: the policy's declaration.
        section: parameters in YAML with which the declaration is valid.
        schedules: schedules for ``make``; policies with schedules of another form override it.
        first: a schedule that applies at the first report.
    """

    declaration: ClassVar[PolicyDeclaration]
    section: ClassVar[Mapping[str, Any]] = {}
    schedules: ClassVar[st.SearchStrategy[Any]] = INTERVALS
    first: ClassVar[Schedule] = IntervalSchedule()

    @abstractmethod
    def make(self, schedule: Schedule) -> Policy:
        """Return the policy with a schedule."""

    @abstractmethod
    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        """Return the policy's definition.

        Args:
            trial: the trial that made the newest report.
            curves: the curves of all trials that reached the interval.
            goal: which values are better.
        """

    def compared(self, count: int) -> Sequence[int]:
        """Return the indices of trials that are compared with each other, in their order.

        A policy that does not compare every trial with every other one overrides it.

        Args:
            count: how many.
        """
        return range(count)

    def visible(self, history: Sequence[Report], interval: int, goal: Goal) -> Curves:
        """Return the curves that ``should_stop`` gets; a policy that compares whole curves overrides it.

        Args:
            history: the trial and the value of each report.
            interval: the number of reports of the trial that made the newest one.
            goal: which values are better.
        """
        return curves_at(history, interval, goal)

    @settings(max_examples=200)
    @given(data=st.data(), history=HISTORIES, goal=GOALS)
    def test_incremental_equals_recomputed(
        self, data: st.DataObject, history: list[Report], goal: Goal
    ) -> None:
        schedule = data.draw(self.schedules)
        stopped = stops(self.make(schedule), goal, history)
        for position, (trial, _) in enumerate(history):
            past = history[: position + 1]
            interval = sum(t == trial for t, _ in past)
            expected = schedule.applies(interval) and self.should_stop(
                trial, self.visible(past, interval, goal), goal
            )
            assert stopped[position] == expected

    @given(history=HISTORIES, goal=GOALS)
    def test_the_best_trial_is_never_stopped(self, history: list[Report], goal: Goal) -> None:
        for position, decision in enumerate(play(self.make(self.first), goal, history)):
            if decision is None or not decision.stop:
                continue
            trial = history[position][0]
            curves = curves_at(history[: position + 1], decision.interval, goal)
            bests = {t: max(curve) for t, curve in curves.items()}
            assert max(bests.values()) > -math.inf
            assert bests[trial] < max(bests.values()) or any(
                bests[other] == bests[trial] for other in bests if other < trial
            )

    @given(history=HISTORIES, goal=GOALS, shuffle=st.randoms(use_true_random=False))
    def test_the_order_in_which_others_reported_does_not_matter(
        self, history: list[Report], goal: Goal, shuffle: random.Random
    ) -> None:
        if not history:
            return
        *past, last = history
        order = [trial for trial, _ in past]
        shuffle.shuffle(order)
        curves = {t: iter([v for other, v in past if other == t]) for t in order}
        mixed = [(trial, next(curves[trial])) for trial in order]
        policy = self.make(self.first)
        assert play(policy, goal, [*mixed, last])[-1] == play(policy, goal, [*past, last])[-1]

    @settings(max_examples=100)
    @given(data=st.data(), history=HISTORIES, goal=GOALS)
    def test_thresholds_say_what_a_further_trial_needs(
        self, data: st.DataObject, history: list[Report], goal: Goal
    ) -> None:
        policy = self.make(data.draw(self.schedules))
        evaluator = PolicyEvaluator(policy, goal)
        curves = {trial: evaluator.new_curve() for trial, _ in history}
        for trial, value in history:
            curves[trial].append(value)
            evaluator.evaluate(trial, curves[trial])
        for interval, threshold in dict(evaluator.thresholds()).items():
            for better in (1, -1):
                further = evaluator.new_curve()
                for _ in range(interval):
                    further.append(
                        threshold + better if goal is Goal.MAXIMIZE else threshold - better
                    )
                decision = evaluator.evaluate(99, further)
                evaluator.remove_trial(99)
                assert decision is not None
                assert (decision.stop or decision.pause) is (better < 0)

    @pytest.mark.parametrize("goal", Goal)
    def test_a_decision_explains_itself(self, goal: Goal) -> None:
        good, bad = (100.0, 1.0) if goal is Goal.MAXIMIZE else (1.0, 100.0)
        *before, last = self.compared(10)
        history = [(trial, good + n / 100) for n, trial in enumerate(before)] + [(last, bad)]
        decision = play(self.make(self.first), goal, history)[-1]
        assert decision is not None
        assert decision.stop
        assert decision.interval == 1
        assert decision.value == bad
        assert decision.comparators == 9
        assert decision.threshold is not None
        assert goal.score(bad) < goal.score(decision.threshold)
        assert decision.message.startswith(f"{decision.policy} stopped it at interval 1")
        assert f"{decision.threshold:.6g}" in decision.message

    def test_going_on_is_a_decision_too(self) -> None:
        decision = play(self.make(self.first), Goal.MAXIMIZE, [(0, 1.0)])[0]
        assert decision is not None
        assert (decision.stop, decision.value, decision.comparators) == (False, 1.0, 0)
        assert decision.threshold is None
        assert "continued it at interval 1: its best 1" in decision.message

    def test_decisions_have_the_declared_name_and_reason(self) -> None:
        declared = (self.declaration.name, self.declaration.reason)
        policy = self.make(self.first)
        assert (policy.name, policy.reason) == declared
        for history in ([(0, 1.0)], [(trial, 10.0 - trial) for trial in range(9)]):
            for decision in play(policy, Goal.MAXIMIZE, history):
                assert decision is not None
                assert (decision.policy, decision.reason) == declared
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", policy.reason)

    def test_the_name_and_the_reason_are_no_other_policys(self) -> None:
        others = [d for d in POLICIES.declarations() if d is not self.declaration]
        assert self.declaration.name not in {other.name for other in others}
        assert self.declaration.reason not in {other.reason for other in others}

    def test_the_declaration_builds_the_policy(self) -> None:
        reader = Reader({"type": self.declaration.name, **self.section}, "spec.earlyTermination")
        with registered(self.declaration):
            policy = parse_policy(reader)
        assert reader.problems == []
        assert type(policy) is type(self.make(self.first))

    def test_a_key_that_is_not_declared_is_a_mistake(self) -> None:
        section = {"type": self.declaration.name, **self.section, "notDeclared": 1}
        reader = Reader(section, "spec.earlyTermination")
        with registered(self.declaration):
            parse_policy(reader)
        assert [problem.path for problem in reader.problems] == [
            "spec.earlyTermination.notDeclared"
        ]


def registered(declaration: PolicyDeclaration) -> contextlib.AbstractContextManager[None]:
    """Register a policy for the duration of a block, unless an entry point registers it."""
    if POLICIES.get(declaration.name) is declaration:
        return contextlib.nullcontext()
    return POLICIES.registered(declaration)
