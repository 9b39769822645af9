"""What every policy must do. Subclass it, give ``make`` and ``should_stop``, and pytest runs the suite."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policy import Decision, Policy, Schedule, Timetable
from sweepjob.objective import Goal

Report = tuple[int, float]  # trial, value
# Trial to the scores of its first n reports, for the trials that made n reports.
Curves = dict[int, list[float]]
values = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-100, 100), st.sampled_from([math.nan, math.inf])
)
histories = st.lists(st.tuples(st.integers(0, 6), values), max_size=60)
timetables: st.SearchStrategy[Timetable] = st.builds(Schedule, st.integers(1, 3), st.integers(0, 4))
goals = st.sampled_from(list(Goal))


def play(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[Decision | None]:
    """The decision after each report, as the operator makes it: incrementally."""
    tracker = PolicyEvaluator(policy, goal)
    curves = {trial: tracker.curve() for trial, _ in history}
    decisions = []
    for trial, value in history:
        curves[trial].append(value)
        decisions.append(tracker.judge(trial, curves[trial]))
    return decisions


def stops(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[bool]:
    """Whether the trial is to be stopped, after each report."""
    return [decision is not None and decision.stop for decision in play(policy, goal, history)]


def curves_at(history: Sequence[Report], interval: int, goal: Goal) -> Curves:
    """Plain recomputation: what a policy may know at an interval."""
    curves: Curves = {}
    for trial, value in history:
        curves.setdefault(trial, []).append(goal.score(value))
    return {t: c[:interval] for t, c in curves.items() if len(c) >= interval}


class PolicyContract:
    """Subclasses whose policy has other timetables than Azure's override ``timetables``."""

    timetables = timetables
    first: Timetable = Schedule()

    @abstractmethod
    def make(self, timetable: Timetable) -> Policy: ...

    @abstractmethod
    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        """The definition, from the curves of all trials that reached the interval."""

    @settings(max_examples=200)
    @given(data=st.data(), history=histories, goal=goals)
    def test_incremental_equals_recomputed(
        self, data: st.DataObject, history: list[Report], goal: Goal
    ) -> None:
        timetable = data.draw(self.timetables)
        stopped = stops(self.make(timetable), goal, history)
        for position, (trial, _) in enumerate(history):
            past = history[: position + 1]
            interval = sum(t == trial for t, _ in past)
            expected = timetable.applies(interval) and self.should_stop(
                trial, curves_at(past, interval, goal), goal
            )
            assert stopped[position] == expected

    @given(history=histories, goal=goals)
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

    @given(history=histories, goal=goals, shuffle=st.randoms(use_true_random=False))
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
    @given(data=st.data(), history=histories, goal=goals)
    def test_cuts_say_what_a_further_trial_needs(
        self, data: st.DataObject, history: list[Report], goal: Goal
    ) -> None:
        policy = self.make(data.draw(self.timetables))
        tracker = PolicyEvaluator(policy, goal)
        curves = {trial: tracker.curve() for trial, _ in history}
        for trial, value in history:
            curves[trial].append(value)
            tracker.judge(trial, curves[trial])
        cuts = dict(tracker.cuts())
        for interval, cut in cuts.items():
            for better in (1, -1):
                further = tracker.curve()
                for _ in range(interval):
                    further.append(cut + better if goal is Goal.MAXIMIZE else cut - better)
                decision = tracker.judge(99, further)
                tracker.forget(99)
                assert decision is not None
                assert decision.stop is (better < 0)

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
        assert "let it go on at interval 1: its best 1" in decision.message
