"""The contract of early-termination policies.

A test class inherits ``PolicyContract``, sets ``declaration``, and defines ``make`` and
``should_stop``; pytest runs the suite. That of a policy that pauses trials inherits
``PausingPolicyContract``, and also defines ``should_pause`` and ``may_continue``.
"""

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

from ..api.parsing.reader import Reader
from ..api.spec.early_termination import parse_policy
from ..early_stopping.evaluator import PolicyEvaluator
from ..early_stopping.policies.declaration import PolicyDeclaration
from ..early_stopping.policies.registry import POLICIES
from ..early_stopping.policy import (
    Decision,
    IntervalSchedule,
    PausedTrial,
    PausingPolicy,
    Policy,
    Resumption,
    Schedule,
)
from ..objective import Goal

Report = tuple[int, float]  # trial, value
# By trial, the scores of its first n reports; only trials that made n reports.
Curves = dict[int, list[float]]
_VALUES = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-100, 100), st.sampled_from([math.nan, math.inf])
)
_HISTORIES = st.lists(st.tuples(st.integers(0, 6), _VALUES), max_size=60)
_INTERVALS: st.SearchStrategy[Schedule] = st.builds(
    IntervalSchedule, st.integers(1, 3), st.integers(0, 4)
)
_GOALS = st.sampled_from(list(Goal))


def play(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[Decision | None]:
    """Return the decision after each report, made incrementally as the operator does.

    Args:
        policy: the policy.
        goal: which values are better.
        history: the trial and the value of each report, in the order of their arrival.

    Returns:
        a decision for each report; None where the policy is not applied.
    """
    evaluator = PolicyEvaluator(policy, goal)
    curves = {trial: evaluator.new_curve() for trial, _ in history}
    decisions = []
    for trial, value in history:
        curves[trial].append(value)
        decisions.append(evaluator.evaluate(trial, curves[trial]))
    return decisions


def stops(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[bool]:
    """Return whether the trial is to be stopped, after each report; arguments as for ``play``."""
    return [decision is not None and decision.stop for decision in play(policy, goal, history)]


def curves_at(history: Sequence[Report], interval: int, goal: Goal) -> Curves:
    """Return all that a policy may know at an interval, recomputed from the history.

    Args:
        history: the trial and the value of each report.
        interval: the number of reports of a trial.
        goal: which values are better.
    """
    curves: Curves = {}
    for trial, value in history:
        curves.setdefault(trial, []).append(goal.score(value))
    return {t: c[:interval] for t, c in curves.items() if len(c) >= interval}


def pauses(
    policy: PausingPolicy, goal: Goal, history: Sequence[Report]
) -> tuple[PolicyEvaluator, dict[int, PausedTrial]]:
    """Play a history; return the evaluator, and the trials that the policy paused.

    Reports of a paused trial are left out, as if its pods had ended at once.

    Args:
        policy: the policy.
        goal: which values are better.
        history: the trial and the value of each report, in the order of their arrival.
    """
    evaluator = PolicyEvaluator(policy, goal)
    curves = {trial: evaluator.new_curve() for trial, _ in history}
    paused: dict[int, PausedTrial] = {}
    for trial, value in history:
        if trial in paused:
            continue
        curves[trial].append(value)
        decision = evaluator.evaluate(trial, curves[trial])
        if decision is not None and decision.pause:
            paused[trial] = PausedTrial(decision.interval, curves[trial])
    return evaluator, paused


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
    schedules: ClassVar[st.SearchStrategy[Any]] = _INTERVALS
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

    def visible(self, history: Sequence[Report], interval: int, goal: Goal) -> Curves:
        """Return the curves that ``should_stop`` gets; a policy that compares whole curves overrides it.

        Args:
            history: the trial and the value of each report.
            interval: the number of reports of the trial that made the newest one.
            goal: which values are better.
        """
        return curves_at(history, interval, goal)

    @settings(max_examples=200)
    @given(data=st.data(), history=_HISTORIES, goal=_GOALS)
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

    @given(history=_HISTORIES, goal=_GOALS)
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

    @given(history=_HISTORIES, goal=_GOALS, shuffle=st.randoms(use_true_random=False))
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
    @given(data=st.data(), history=_HISTORIES, goal=_GOALS)
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
        history = [(trial, good + trial / 100) for trial in range(9)] + [(9, bad)]
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


class PausingPolicyContract(PolicyContract):
    """What every policy that pauses trials must do as well.

    Attributes:
        makes_complete: when nothing else is left to run and no trial is complete, it continues one.
    """

    makes_complete: ClassVar[bool] = True

    @abstractmethod
    def make(self, schedule: Schedule) -> PausingPolicy:
        """Return the policy with a schedule."""

    @abstractmethod
    def should_pause(self, trial: int, curves: Curves, goal: Goal) -> bool:
        """Return the policy's definition; arguments as for ``should_stop``."""

    @abstractmethod
    def may_continue(self, trial: int, interval: int, curves: Curves) -> bool:
        """Return whether a paused trial may continue before new trials start.

        Args:
            trial: the trial.
            interval: where it was paused.
            curves: the curves of all trials that reached the interval.
        """

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        """Return False: the policy only pauses."""
        return False

    @settings(max_examples=200)
    @given(data=st.data(), history=_HISTORIES, goal=_GOALS)
    def test_pauses_are_those_of_the_definition(
        self, data: st.DataObject, history: list[Report], goal: Goal
    ) -> None:
        schedule = data.draw(self.schedules)
        for position, decision in enumerate(play(self.make(schedule), goal, history)):
            trial, past = history[position][0], history[: position + 1]
            interval = sum(t == trial for t, _ in past)
            expected = schedule.applies(interval) and self.should_pause(
                trial, self.visible(past, interval, goal), goal
            )
            assert (decision is not None and decision.pause) == expected
            assert decision is None or not (decision.stop and decision.pause)

    @settings(max_examples=200)
    @given(history=_HISTORIES, goal=_GOALS)
    def test_only_paused_trials_that_may_continue_are_chosen(
        self, history: list[Report], goal: Goal
    ) -> None:
        policy = self.make(self.first)
        evaluator, paused = pauses(policy, goal, history)
        if not paused:
            return
        chosen = evaluator.choose(paused, must_complete=False)
        allowed = set()
        for trial, found in paused.items():
            curves = self.visible(_until_pauses(history, paused), found.interval, goal)
            if self.may_continue(trial, found.interval, curves):
                allowed.add(trial)
        assert (chosen is None) == (not allowed)
        assert chosen is None or chosen.trial in allowed

    @given(history=_HISTORIES, goal=_GOALS, shuffle=st.randoms(use_true_random=False))
    def test_the_choice_depends_on_nothing_else(
        self, history: list[Report], goal: Goal, shuffle: random.Random
    ) -> None:
        evaluator, paused = pauses(self.make(self.first), goal, history)
        if not paused:
            return
        mixed = list(paused.items())
        shuffle.shuffle(mixed)
        for must_complete in (False, True):
            chosen = evaluator.choose(paused, must_complete=must_complete)
            assert evaluator.choose(dict(mixed), must_complete=must_complete) == chosen

    @given(history=_HISTORIES, goal=_GOALS)
    def test_a_sweep_has_a_complete_trial_whatever_its_size(
        self, history: list[Report], goal: Goal
    ) -> None:
        evaluator, paused = pauses(self.make(self.first), goal, history)
        if not self.makes_complete or all(trial.curve.best is None for trial in paused.values()):
            return
        chosen = evaluator.choose(paused, must_complete=True)
        assert chosen is not None
        assert paused[chosen.trial].curve.best is not None

    @pytest.mark.parametrize("goal", Goal)
    def test_a_choice_explains_itself(self, goal: Goal) -> None:
        chosen = self._choice(goal)
        assert chosen.message.startswith(f"{self.declaration.name} continued it after interval 1")
        assert "its best " in chosen.message
        assert "\n" not in chosen.message

    def _choice(self, goal: Goal) -> Resumption:
        history = [(trial, float(trial)) for trial in range(9)]
        evaluator, paused = pauses(self.make(self.first), goal, history)
        chosen = evaluator.choose(paused, must_complete=True)
        assert chosen is not None
        return chosen

    @pytest.mark.parametrize("goal", Goal)
    def test_a_decision_explains_itself(self, goal: Goal) -> None:
        good, bad = (100.0, 1.0) if goal is Goal.MAXIMIZE else (1.0, 100.0)
        history = [(trial, good + trial / 100) for trial in range(9)] + [(9, bad)]
        decision = play(self.make(self.first), goal, history)[-1]
        assert decision is not None
        assert (decision.pause, decision.stop) == (True, False)
        assert (decision.interval, decision.value, decision.comparators) == (1, bad, 9)
        assert decision.threshold is not None
        assert goal.score(bad) < goal.score(decision.threshold)
        assert decision.message.startswith(f"{decision.policy} paused it at interval 1")
        assert f"{decision.threshold:.6g}" in decision.message

    def test_going_on_is_a_decision_too(self) -> None:
        # The best of nine at its rung; the first one may have to wait for others.
        history = [(trial, float(trial)) for trial in range(9)]
        decision = play(self.make(self.first), Goal.MAXIMIZE, history)[-1]
        assert decision is not None
        assert (decision.stop, decision.pause) == (False, False)
        assert "continued it at interval 1: its best 8" in decision.message


def _until_pauses(history: Sequence[Report], paused: Mapping[int, PausedTrial]) -> list[Report]:
    """Return the reports without those after the pause of their trial."""
    made: list[Report] = []
    for trial, value in history:
        reports = sum(t == trial for t, _ in made)
        if trial not in paused or reports < paused[trial].interval:
            made.append((trial, value))
    return made


def registered(declaration: PolicyDeclaration) -> contextlib.AbstractContextManager[None]:
    """Register a policy for the duration of a block, unless an entry point registers it."""
    if POLICIES.get(declaration.name) is declaration:
        return contextlib.nullcontext()
    return POLICIES.registered(declaration)
