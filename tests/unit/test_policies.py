"""Every policy of this version against the contract, and Azure's worked examples."""

import math

import pytest
from sweepjob.domain.objective import Goal
from sweepjob.domain.stopping import (
    BanditPolicy,
    Policy,
    Schedule,
    Standings,
    TruncationSelectionPolicy,
)

from tests.contracts.policy import PolicyContract, play


class TestBanditFactor(PolicyContract):
    def make(self, schedule: Schedule) -> Policy:
        return BanditPolicy(slack_factor=0.5, schedule=schedule)

    def should_stop(self, trial: int, standing: dict[int, float], goal: Goal) -> bool:
        others = [score for t, score in standing.items() if t != trial]
        if not others or max(others) == -math.inf:
            return False
        best = goal.reported(max(others))
        if goal is Goal.MAXIMIZE:
            cut = best / 1.5 if best > 0 else best * 1.5
        else:
            cut = best * 1.5 if best > 0 else best / 1.5
        return standing[trial] < goal.score(cut)


class TestBanditAmount(PolicyContract):
    def make(self, schedule: Schedule) -> Policy:
        return BanditPolicy(slack_amount=2, schedule=schedule)

    def should_stop(self, trial: int, standing: dict[int, float], goal: Goal) -> bool:
        others = [score for t, score in standing.items() if t != trial]
        return bool(others) and max(others) > -math.inf and standing[trial] < max(others) - 2


class TestTruncation(PolicyContract):
    def make(self, schedule: Schedule) -> Policy:
        return TruncationSelectionPolicy(percentage=30, schedule=schedule)

    def should_stop(self, trial: int, standing: dict[int, float], goal: Goal) -> bool:
        ordered = sorted(standing, key=lambda t: (standing[t], -t))
        return ordered.index(trial) < 30 * len(ordered) // 100


@pytest.mark.parametrize(
    ("policy", "cut"),
    [(BanditPolicy(slack_factor=0.2), 0.8 / 1.2), (BanditPolicy(slack_amount=0.2), 0.6)],
    ids=["factor", "amount"],
)
def test_bandit_as_in_azures_documentation(policy: BanditPolicy, cut: float) -> None:
    decision = play(policy, Goal.MAXIMIZE, [(0, 0.8), (1, cut - 0.01)])[-1]
    assert decision is not None
    assert decision.threshold == pytest.approx(cut)
    assert play(policy, Goal.MAXIMIZE, [(0, 0.8), (1, cut + 0.01)])[-1] is None


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("best", [-3.0, -0.5, 0.0, 0.5, 3.0])
def test_the_cut_of_bandit_is_never_better_than_the_best(goal: Goal, best: float) -> None:
    for policy in (BanditPolicy(slack_factor=0.3), BanditPolicy(slack_amount=0.3)):
        assert goal.score(policy.cut(best, goal)) <= goal.score(best)


def test_truncation_of_twenty_percent_of_five_is_one_trial() -> None:
    policy = TruncationSelectionPolicy(percentage=20)
    history = [(trial, float(trial)) for trial in range(4, -1, -1)]
    stopped = [d is not None for d in play(policy, Goal.MAXIMIZE, history)]
    assert stopped == [False, False, False, False, True]


def test_a_trial_is_compared_at_its_own_interval() -> None:
    # Trial 0 was at 0.2 after one report and is at 0.9 now; trial 1 with 0.3 after one is ahead.
    history = [(0, 0.2), (0, 0.9), (1, 0.3)]
    assert play(BanditPolicy(slack_amount=0.05), Goal.MAXIMIZE, history)[-1] is None


def test_a_new_attempt_is_ranked_anew_but_stands_once() -> None:
    standings = Standings()
    standings.record(0, 1, 5.0)
    standings.record(1, 1, 7.0)
    again = standings.record(0, 1, 9.0)
    assert (again.others, again.worse, again.best_of_others()) == (1, 1, 7.0)
    assert standings.record(2, 1, 6.0).worse == 1  # trial 0's first entry stayed
