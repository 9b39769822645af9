"""The contract of policies that pause trials."""

from __future__ import annotations

import random
from abc import abstractmethod
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ...early_stopping.policy import PausingPolicy, Resumption, Schedule
from ...objective import Goal
from .contract import PolicyContract
from .histories import GOALS, HISTORIES, Curves, Report, pauses, play, until_pauses


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
    @given(data=st.data(), history=HISTORIES, goal=GOALS)
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
    @given(history=HISTORIES, goal=GOALS)
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
            curves = self.visible(until_pauses(history, paused), found.interval, goal)
            if self.may_continue(trial, found.interval, curves):
                allowed.add(trial)
        assert (chosen is None) == (not allowed)
        assert chosen is None or chosen.trial in allowed

    @given(history=HISTORIES, goal=GOALS, shuffle=st.randoms(use_true_random=False))
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

    @given(history=HISTORIES, goal=GOALS)
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
        history = [(trial, float(n)) for n, trial in enumerate(self.compared(9))]
        evaluator, paused = pauses(self.make(self.first), goal, history)
        chosen = evaluator.choose(paused, must_complete=True)
        assert chosen is not None
        return chosen

    @pytest.mark.parametrize("goal", Goal)
    def test_a_decision_explains_itself(self, goal: Goal) -> None:
        good, bad = (100.0, 1.0) if goal is Goal.MAXIMIZE else (1.0, 100.0)
        *before, last = self.compared(10)
        history = [(trial, good + n / 100) for n, trial in enumerate(before)] + [(last, bad)]
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
        history = [(trial, float(n)) for n, trial in enumerate(self.compared(9))]
        decision = play(self.make(self.first), Goal.MAXIMIZE, history)[-1]
        assert decision is not None
        assert (decision.stop, decision.pause) == (False, False)
        assert "continued it at interval 1: its best 8" in decision.message
