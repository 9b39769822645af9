"""Every policy of this version against the contract, and Azure's worked examples."""

import math
import statistics
from fractions import Fraction
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies import asha, bandit, median, truncation
from sweepjob.early_stopping.policies.asha import AshaPolicy
from sweepjob.early_stopping.policies.asha_promotion import PromotingAshaPolicy
from sweepjob.early_stopping.policies.bandit import BanditPolicy
from sweepjob.early_stopping.policies.median import MedianStoppingPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policies.truncation import TruncationSelectionPolicy
from sweepjob.early_stopping.policy import (
    IntervalSchedule,
    NoPolicy,
    PausedTrial,
    PausingPolicy,
    Policy,
    Resumption,
    Schedule,
)
from sweepjob.early_stopping.rankings import Rankings
from sweepjob.objective import Goal
from sweepjob.testing.policies import (
    Curves,
    PausingPolicyContract,
    PolicyContract,
    pauses,
    play,
    stops,
)


class TestBanditFactor(PolicyContract):
    declaration = bandit.DECLARATION
    section: ClassVar[dict[str, Any]] = {"slackFactor": 0.5}

    def make(self, schedule: Schedule) -> Policy:
        return BanditPolicy(slack_factor=0.5, schedule=schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        others = [max(curve) for t, curve in curves.items() if t != trial]
        if not others or max(others) == -math.inf:
            return False
        best = goal.reported(max(others))
        if goal is Goal.MAXIMIZE:
            cut = best / 1.5 if best > 0 else best * 1.5
        else:
            cut = best * 1.5 if best > 0 else best / 1.5
        return max(curves[trial]) < goal.score(cut)


class TestBanditAmount(PolicyContract):
    declaration = bandit.DECLARATION
    section: ClassVar[dict[str, Any]] = {"slackAmount": 2}

    def make(self, schedule: Schedule) -> Policy:
        return BanditPolicy(slack_amount=2, schedule=schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        others = [max(curve) for t, curve in curves.items() if t != trial]
        return bool(others) and max(others) > -math.inf and max(curves[trial]) < max(others) - 2


class TestMedianStopping(PolicyContract):
    declaration = median.DECLARATION

    def make(self, schedule: Schedule) -> Policy:
        return MedianStoppingPolicy(schedule=schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        means = [
            float(sum(map(Fraction, c), Fraction(0)) / len(c))
            if all(map(math.isfinite, c))
            else -math.inf
            for t, c in curves.items()
            if t != trial
        ]
        return bool(means) and max(curves[trial]) < statistics.median(means)


class TestTruncation(PolicyContract):
    declaration = truncation.DECLARATION
    section: ClassVar[dict[str, Any]] = {"truncationPercentage": 30}

    def make(self, schedule: Schedule) -> Policy:
        return TruncationSelectionPolicy(percentage=30, schedule=schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        ordered = sorted(curves, key=lambda t: (max(curves[t]), -t))
        others = [max(curve) for t, curve in curves.items() if t != trial]
        in_lowest = ordered.index(trial) < 30 * len(ordered) // 100
        return in_lowest and max(others) > -math.inf


class TestAsha(PolicyContract):
    declaration = asha.DECLARATION
    schedules = st.builds(Rungs, st.just(3), st.integers(1, 3), st.none() | st.integers(4, 12))
    first = Rungs(3)

    def make(self, schedule: Schedule) -> Policy:
        assert isinstance(schedule, Rungs)
        return AshaPolicy(schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        # All that made as many reports are all that came to the rung so far.
        ordered = sorted(curves, key=lambda t: (-max(curves[t]), t))
        others = [max(curve) for t, curve in curves.items() if t != trial]
        top = len(ordered) // 3
        in_top = ordered.index(trial) < top
        return top > 0 and not in_top and max(others) > -math.inf


class TestAshaPromotion(PausingPolicyContract):
    declaration = asha.DECLARATION
    section: ClassVar[dict[str, Any]] = {"mode": "promote"}
    schedules = st.builds(Rungs, st.just(3), st.integers(1, 3), st.none() | st.integers(4, 12))
    first = Rungs(3)

    def make(self, schedule: Schedule) -> PausingPolicy:
        assert isinstance(schedule, Rungs)
        return PromotingAshaPolicy(schedule)

    def should_pause(self, trial: int, curves: Curves, goal: Goal) -> bool:
        return not self.may_continue(trial, 0, curves)

    def may_continue(self, trial: int, interval: int, curves: Curves) -> bool:
        ordered = sorted(curves, key=lambda t: (-max(curves[t]), t))
        in_top = ordered.index(trial) < len(ordered) // 3
        return in_top and max(curves[trial]) > -math.inf


def test_asha_promotes_from_the_highest_rung_first() -> None:
    policy = PromotingAshaPolicy(Rungs(2))
    # Trial 3 waits at rung 2, where trial 1 has a better value; trial 0 waits at rung 1.
    history = [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0), (3, 4.0), (1, 9.0)]
    evaluator, paused = pauses(policy, Goal.MAXIMIZE, history)
    assert {trial: found.interval for trial, found in paused.items()} == {0: 1, 3: 2}
    assert evaluator.choose(paused, must_complete=False) is None
    chosen = evaluator.choose(paused, must_complete=True)
    assert chosen == Resumption(
        3,
        "asha continued it after interval 2: its best 4 is the best that waits of 2 trials at this rung; "
        "no trial is complete, and nothing else is left to run",
    )
    # Two more come to rung 2: now two of four are in its top.
    history += [(2, 3.0), (5, 3.5), (5, 3.5)]
    evaluator, paused = pauses(policy, Goal.MAXIMIZE, history)
    chosen = evaluator.choose(paused, must_complete=False)
    assert chosen == Resumption(
        3,
        "asha continued it after interval 2: its best 4 is in the top 2 of 4 trials at this rung (1/2)",
    )


def test_a_trial_without_a_finite_value_is_not_promoted() -> None:
    history = [(trial, math.nan) for trial in range(6)]
    evaluator, paused = pauses(PromotingAshaPolicy(Rungs(3)), Goal.MINIMIZE, history)
    assert sorted(paused) == [0, 1, 2, 3, 4, 5]
    assert evaluator.choose(paused, must_complete=True) is None


def test_reports_that_follow_a_pause_count_for_the_rung_that_they_reach() -> None:
    # Trial 2 is paused at rung 1, and reports once more before its pod ends: it waits at rung 2.
    policy = PromotingAshaPolicy(Rungs(2))
    evaluator = PolicyEvaluator(policy, Goal.MAXIMIZE)
    curves = {trial: evaluator.new_curve() for trial in range(3)}
    for trial, value in [(0, 9.0), (1, 8.0), (2, 1.0), (2, 10.0)]:
        curves[trial].append(value)
        evaluator.evaluate(trial, curves[trial])
    paused = {2: PausedTrial(1, curves[2])}
    assert evaluator.choose(paused, must_complete=False) is None
    chosen = evaluator.choose(paused, must_complete=True)
    assert chosen is not None
    assert "after interval 2" in chosen.message


def test_paused_trials_continue_when_their_policy_is_replaced() -> None:
    evaluator = PolicyEvaluator(NoPolicy(), Goal.MAXIMIZE)
    paused = {4: PausedTrial(1, evaluator.new_curve()), 2: PausedTrial(3, evaluator.new_curve())}
    chosen = evaluator.choose(paused, must_complete=False)
    assert chosen == Resumption(2, "the policy that paused it is not in force any more")


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("seed", range(20))
def test_asha_keeps_the_top_of_the_trials_that_reached_the_rung(factor: int, seed: int) -> None:
    import random

    generator = random.Random(seed)
    policy, rung = AshaPolicy(Rungs(factor)), list[float]()
    history = [(trial, float(generator.randint(0, 9))) for trial in range(30)]
    for (_, value), stopped in zip(history, stops(policy, Goal.MAXIMIZE, history), strict=True):
        rung.append(value)
        better = sum(other >= value for other in rung[:-1])  # ties go to the earlier trial
        top = len(rung) // factor
        assert stopped == (top > 0 and better >= top)


def test_rungs_are_the_powers_of_the_reduction_factor() -> None:
    assert [n for n in range(1, 100) if Rungs(3).applies(n)] == [1, 3, 9, 27, 81]
    assert [n for n in range(1, 200) if Rungs(4, 5, 80).applies(n)] == [5, 20]


def test_the_schedule_is_kept() -> None:
    # Azure's own example: interval 2, delay 5 means 6, 8, 10.
    schedule = IntervalSchedule(evaluation_interval=2, delay_evaluation=5)
    assert [n for n in range(1, 11) if schedule.applies(n)] == [6, 8, 10]


def test_past_a_thousand_evaluations_there_are_125_for_every_doubling() -> None:
    schedule = IntervalSchedule(evaluation_interval=5)
    evaluated = [n // 5 for n in range(1, 40_001) if schedule.applies(n)]
    assert evaluated[:1000] == list(range(1, 1001))
    assert [sum(a < n <= 2 * a for n in evaluated) for a in (1000, 2000, 4000)] == [125] * 3


@pytest.mark.parametrize(
    ("policy", "cut"),
    [(BanditPolicy(slack_factor=0.2), 0.8 / 1.2), (BanditPolicy(slack_amount=0.2), 0.6)],
    ids=["factor", "amount"],
)
def test_bandit_as_in_azures_documentation(policy: BanditPolicy, cut: float) -> None:
    decision = play(policy, Goal.MAXIMIZE, [(0, 0.8), (1, cut - 0.01)])[-1]
    assert decision is not None
    assert decision.stop
    assert decision.threshold == pytest.approx(cut)
    assert not stops(policy, Goal.MAXIMIZE, [(0, 0.8), (1, cut + 0.01)])[-1]


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("best", [-1e308, -3.0, -0.5, 0.0, 0.5, 3.0, 1.7e308])
def test_the_threshold_of_bandit_is_finite_and_never_better_than_the_best(
    goal: Goal, best: float
) -> None:
    for policy in (BanditPolicy(slack_factor=0.3), BanditPolicy(slack_amount=0.3)):
        assert goal.score(policy.cut(best, goal)) <= goal.score(best)
        assert math.isfinite(policy.cut(best, goal))


def test_truncation_of_twenty_percent_of_five_is_one_trial() -> None:
    policy = TruncationSelectionPolicy(percentage=20)
    history = [(trial, float(trial)) for trial in range(4, -1, -1)]
    assert stops(policy, Goal.MAXIMIZE, history) == [False, False, False, False, True]


def test_median_stopping_compares_a_best_with_averages() -> None:
    # Others averaged 0.5 and 0.7 over two reports; the median of the two is 0.6.
    others = [(0, 0.1), (0, 0.9), (1, 0.7), (1, 0.7)]
    policy = MedianStoppingPolicy(IntervalSchedule(delay_evaluation=2))
    assert stops(policy, Goal.MAXIMIZE, [*others, (2, 0.61), (2, 0.0)])[-1] is False
    decision = play(policy, Goal.MAXIMIZE, [*others, (2, 0.59), (2, 0.2)])[-1]
    assert decision is not None
    assert decision.stop
    assert (decision.value, decision.comparators) == (0.59, 2)
    assert decision.threshold == pytest.approx(0.6)


def test_a_trial_is_compared_at_its_own_interval() -> None:
    # Trial 0 was at 0.2 after one report and is at 0.9 now; trial 1 with 0.3 after one is ahead.
    history = [(0, 0.2), (0, 0.9), (1, 0.3)]
    assert not stops(BanditPolicy(slack_amount=0.05), Goal.MAXIMIZE, history)[-1]


def test_without_a_policy_no_trial_is_compared() -> None:
    assert play(NoPolicy(), Goal.MAXIMIZE, [(0, 1.0), (1, 0.0)]) == [None, None]


def test_a_restarted_trial_is_ranked_afresh() -> None:
    rankings = Rankings()
    for interval in (1, 2):
        rankings.record(0, interval, 5.0, 5.0)
        rankings.record(1, interval, 7.0, 7.0)
    rankings.remove(0)
    again = rankings.record(0, 1, 9.0, 9.0)
    assert (again.other_count, again.worse_count, again.best_of_others()) == (1, 1, 7.0)
    assert rankings.record(2, 1, 8.0, 8.0).worse_count == 1
    assert rankings.record(2, 2, 8.0, 8.0).other_count == 1  # it has not come so far again
