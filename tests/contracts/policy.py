"""What every policy must do. Subclass it, give ``make`` and ``should_stop``, and pytest runs the suite."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.domain.objective import Goal
from sweepjob.domain.stopping import Decision, Policy, Schedule, Standings

Report = tuple[int, float]  # trial, value
values = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-100, 100), st.sampled_from([math.nan, math.inf])
)
histories = st.lists(st.tuples(st.integers(0, 6), values), max_size=60)
schedules = st.builds(Schedule, st.integers(1, 3), st.integers(0, 4))


def play(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[Decision | None]:
    """The decision after each report, as the operator makes it: incrementally."""
    standings, best, count = Standings(), dict[int, float](), dict[int, int]()
    decisions: list[Decision | None] = []
    for trial, value in history:
        count[trial] = count.get(trial, 0) + 1
        best[trial] = max(best.get(trial, -math.inf), goal.score(value))
        decision = None
        if policy.schedule.applies(count[trial]):
            rank = standings.record(trial, count[trial], best[trial])
            decision = policy.judge(count[trial], rank, goal)
        decisions.append(decision)
    return decisions


def standing_at(history: Sequence[Report], interval: int, goal: Goal) -> dict[int, float]:
    """Plain recomputation: each trial's best score within its first ``interval`` reports, for the
    trials that made so many."""
    curves: dict[int, list[float]] = {}
    for trial, value in history:
        curves.setdefault(trial, []).append(goal.score(value))
    return {t: max(c[:interval]) for t, c in curves.items() if len(c) >= interval}


class PolicyContract:
    @abstractmethod
    def make(self, schedule: Schedule) -> Policy: ...

    @abstractmethod
    def should_stop(self, trial: int, standing: dict[int, float], goal: Goal) -> bool:
        """The definition, from the scores of all trials that reached the interval."""

    @settings(max_examples=200)
    @given(history=histories, schedule=schedules, goal=st.sampled_from(list(Goal)))
    def test_incremental_equals_recomputed(
        self, history: list[Report], schedule: Schedule, goal: Goal
    ) -> None:
        decisions = play(self.make(schedule), goal, history)
        for position, (trial, _) in enumerate(history):
            past = history[: position + 1]
            interval = sum(t == trial for t, _ in past)
            expected = schedule.applies(interval) and self.should_stop(
                trial, standing_at(past, interval, goal), goal
            )
            assert (decisions[position] is not None) == expected

    @given(history=histories, goal=st.sampled_from(list(Goal)))
    def test_the_best_trial_is_never_stopped(self, history: list[Report], goal: Goal) -> None:
        for position, decision in enumerate(play(self.make(Schedule()), goal, history)):
            if decision is None:
                continue
            trial = history[position][0]
            standing = standing_at(history[: position + 1], decision.interval, goal)
            assert max(standing.values()) > -math.inf
            assert standing[trial] < max(standing.values()) or any(
                standing[other] == standing[trial] for other in standing if other < trial
            )

    def test_the_schedule_is_kept(self) -> None:
        # Azure's own example: interval 2, delay 5 means 6, 8, 10.
        schedule = Schedule(evaluation_interval=2, delay_evaluation=5)
        assert [n for n in range(1, 11) if schedule.applies(n)] == [6, 8, 10]

    @pytest.mark.parametrize("goal", Goal)
    def test_a_decision_explains_itself(self, goal: Goal) -> None:
        good, bad = (100.0, 1.0) if goal is Goal.MAXIMIZE else (1.0, 100.0)
        history = [(trial, good + trial / 100) for trial in range(9)] + [(9, bad)]
        decision = play(self.make(Schedule()), goal, history)[-1]
        assert decision is not None
        assert decision.interval == 1
        assert decision.value == bad
        assert decision.comparators == 9
        assert goal.score(decision.value) < goal.score(decision.threshold)
        assert decision.policy in decision.message
        assert f"{decision.threshold:.6g}" in decision.message
