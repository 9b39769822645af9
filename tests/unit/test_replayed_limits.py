"""When limits would have ended a sweep, in a replay of recorded curves."""

from __future__ import annotations

import pytest
from sweepjob.early_stopping.policies.asha_promotion import PromotingAshaPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import NoPolicy, Policy
from sweepjob.early_stopping.replay import RecordedTrial, Replay, replay
from sweepjob.lifecycle.replayed_limits import end_by_row, end_by_target, end_by_usage
from sweepjob.objective import Goal

# Two at a time, ten seconds a report: 0 and 1 end after 30 s, 2 and 3 after 60 s, 4 and 5 after 90 s.
VALUES = [
    (0.5, 0.6, 0.7),
    (0.3, 0.35, 0.4),
    (0.6, 0.9, 0.8),
    (0.1, 0.2, 0.3),
    (0.1, 0.2, 0.35),
    (0.1, 0.2, 0.95),
]


def played(goal: Goal = Goal.MAXIMIZE, policy: Policy | None = None, concurrent: int = 2) -> Replay:
    sign = 1 if goal is Goal.MAXIMIZE else -1
    trials = [
        RecordedTrial(n, tuple(sign * v for v in values), (10, 10, 10))
        for n, values in enumerate(VALUES)
    ]
    return replay(trials, policy or NoPolicy(), goal, concurrent)


@pytest.mark.parametrize("goal", Goal)
def test_the_trial_that_reached_the_target_runs_to_its_end(goal: Goal) -> None:
    sign = 1 if goal is Goal.MAXIMIZE else -1
    end = end_by_target(played(goal), goal, sign * 0.85)
    assert end is not None
    # After 50 s by trial 2, which needs ten more; trial 3 loses these ten, 4 and 5 never start.
    assert (end.at, end.ended, end.saved) == (50, 2, 10 + 60)
    assert end.share == pytest.approx(70 / 180)
    assert end.best_lost
    assert end_by_target(played(goal), goal, sign * 0.96) is None


def test_a_target_that_the_best_trial_reached_keeps_the_best_value() -> None:
    end = end_by_target(played(), Goal.MAXIMIZE, 0.95)
    assert end is not None
    assert (end.at, end.saved, end.best_lost) == (90, 0, False)


def test_a_row_without_a_better_value_counts_the_trials_that_ended() -> None:
    # 1 and 3 end without a new best, but 2 ends with one between them, and 5 at the same time as 4.
    assert end_by_row(played(), Goal.MAXIMIZE, 2) is None
    end = end_by_row(played(), Goal.MAXIMIZE, 1)
    assert end is not None
    # Trial 1 ends without a new best after 30 s, when no other reports, and the sweep ends.
    assert (end.at, end.ended, end.saved) == (30, 2, 120)


@pytest.mark.parametrize(("value", "at"), [(0.9, None), (0.2, 30)])
def test_a_running_trial_with_the_best_value_keeps_the_sweep_alive(
    value: float, at: int | None
) -> None:
    trials = [
        RecordedTrial(0, (0.5,), (10,)),
        RecordedTrial(1, (value, value, value), (5, 30, 30)),
        RecordedTrial(2, (0.1,), (10,)),
        RecordedTrial(3, (0.1,), (10,)),
        RecordedTrial(4, (0.1,), (100,)),
    ]
    end = end_by_row(replay(trials, NoPolicy(), Goal.MAXIMIZE, 2), Goal.MAXIMIZE, 2)
    assert (None if end is None else end.at) == at


@pytest.mark.parametrize(
    ("seconds", "at", "saved", "ended"),
    [(60, 30, 120, 2), (61, 30.5, 119, 2), (100, 50, 80, 2), (180, 90, 0, 6)],
)
def test_usage_grows_with_the_trials_that_run(
    seconds: int, at: float, saved: float, ended: int
) -> None:
    end = end_by_usage(played(), Goal.MAXIMIZE, seconds)
    assert end is not None
    assert (end.at, end.saved, end.ended) == (at, saved, ended)
    assert end_by_usage(played(), Goal.MAXIMIZE, 181) is None


def test_a_paused_trial_uses_nothing_and_has_not_ended() -> None:
    policy = PromotingAshaPolicy(Rungs(2, 1, 3))
    result = played(policy=policy, concurrent=1)
    paused = [o for o in result.outcomes if o.stopped is not None]
    assert paused
    spent = sum(r.seconds for r in result.reports)
    assert spent == 10 * sum(o.reports for o in result.outcomes)
    end = end_by_usage(result, Goal.MAXIMIZE, spent)
    assert end is not None
    assert end.saved == 0
    assert end.ended == len(VALUES) - len(paused)
