"""Policies that forecast: a trial that is as long as complete ones is neither stopped nor paused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.early_termination import parse_policy, policy_in_force
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies.auto import AutoPolicy
from sweepjob.early_stopping.policies.auto_promotion import PausingAutoPolicy
from sweepjob.early_stopping.policies.forecast import ForecastPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import Decision, Policy
from sweepjob.early_stopping.replay import RecordedTrial, replay
from sweepjob.objective import Goal
from sweepjob.testing.policies import (
    play,
)

COMPLETE = 20


def against_better(policy: Policy, curve: list[float]) -> list[Decision | None]:
    """Decisions about the sixth trial, after five complete ones that are far better."""
    better = [(trial, 0.9 - 0.1 / n) for trial in range(5) for n in range(1, COMPLETE + 1)]
    return play(policy, Goal.MAXIMIZE, better + [(5, value) for value in curve])[len(better) :]


@pytest.mark.parametrize("late", [[0.0], [math.nan]], ids=["low", "not finite"])
@pytest.mark.parametrize("has_checkpoints", [False, True])
@pytest.mark.parametrize(
    "section",
    [
        {"type": "auto"},
        {"type": "forecast", "probability": 0.1},
        {"type": "forecast", "probability": 0.1, "evaluationInterval": 4},
        {"type": "asha", "gracePeriod": 1, "reductionFactor": 2},
        {"type": "asha", "gracePeriod": 5, "reductionFactor": 2, "mode": "promote"},
    ],
    ids=str,
)
def test_no_trial_is_stopped_or_paused_at_its_last_report(
    section: dict[str, Any], has_checkpoints: bool, late: list[float]
) -> None:
    """Its script would die before it saves its model, and nothing would be saved."""
    reader = Reader({**section, "maxReports": COMPLETE}, "spec.earlyTermination")
    policy = policy_in_force(parse_policy(reader), has_checkpoints=has_checkpoints)
    assert reader.problems == []
    decisions = against_better(policy, late * (COMPLETE + 4))
    ended = [n for n, found in enumerate(decisions, 1) if found and (found.stop or found.pause)]
    assert ended, "it falls behind before its last report"
    assert max(ended) < COMPLETE


@pytest.mark.parametrize("policy", [AutoPolicy(COMPLETE), ForecastPolicy(0.1, COMPLETE)], ids=repr)
def test_the_decision_about_a_complete_trial_says_why(policy: Policy) -> None:
    last = against_better(policy, [0.1] * COMPLETE)[-1]
    assert last is not None
    assert (last.stop, last.threshold) == (False, None)
    assert last.message == (
        f"{policy.name} continued it at interval 20: its best 0.1 is that of a complete trial: "
        "maxReports is 20"
    )


def at_one_pace(policy: Policy, curves: list[list[float]]) -> list[int]:
    """The numbers of reports of trials that run at the same time and at the same pace."""
    recorded = [
        RecordedTrial(trial, tuple(curve), (1,) * len(curve)) for trial, curve in enumerate(curves)
    ]
    return [o.reports for o in replay(recorded, policy, Goal.MAXIMIZE, len(curves)).outcomes]


def saturating(best: float, reports: float, length: int = 40) -> list[float]:
    return [best * (1 - math.exp(-n / reports)) for n in range(1, length + 1)]


@pytest.mark.parametrize("probability", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("count", [4, 8])
def test_trials_at_one_pace_are_not_taken_for_complete(probability: float, count: int) -> None:
    """All are at the highest interval all the time, and none of them is at its end there."""
    curves = [saturating(0.5 + 0.05 * n, 2 + 2 * n) for n in range(count)]
    assert at_one_pace(ForecastPolicy(probability), curves) == [40] * count


def evaluator_after(policy: Policy, lengths: list[int]) -> PolicyEvaluator:
    """An evaluator that knows some complete trials, which are far better."""
    evaluator = PolicyEvaluator(policy, Goal.MAXIMIZE)
    for trial, length in enumerate(lengths):
        curve = evaluator.new_curve()
        for n in range(1, length + 1):
            curve.append(0.9 - 0.1 / n)
            evaluator.evaluate(trial, curve)
        evaluator.add_complete(curve)
    return evaluator


@pytest.mark.parametrize("lengths", [[20], [20] * 5, [8, 20, 12, 16]], ids=str)
@pytest.mark.parametrize(
    "policy", [AutoPolicy(), ForecastPolicy(0.1), PausingAutoPolicy(Rungs(2))], ids=repr
)
def test_a_trial_as_long_as_complete_ones_is_not_stopped(
    policy: Policy, lengths: list[int]
) -> None:
    evaluator = evaluator_after(policy, lengths)
    curve = evaluator.new_curve()
    found = []
    for _ in range(40):
        curve.append(0.1)
        found.append(evaluator.evaluate(9, curve))
    ended = [n for n, d in enumerate(found, 1) if d is not None and (d.stop or d.pause)]
    assert [n for n in ended if n >= 20] == []
    late = next(d for d in found[19:] if d is not None)
    assert late.message.endswith(
        "its best 0.1 is that of a complete trial: the longest one so far made 20 reports"
    )
    if len(lengths) > 3:
        assert ended, "it falls behind before"


@pytest.mark.parametrize("short", [[5], [5, 6, 7, 8]], ids=str)
@pytest.mark.parametrize(
    "policy", [AutoPolicy(), ForecastPolicy(0.1), PausingAutoPolicy(Rungs(2))], ids=repr
)
def test_a_short_complete_trial_does_not_keep_longer_ones_running(
    policy: Policy, short: list[int]
) -> None:
    """Its script has an early stopping of its own; trials that still run have made more reports."""
    evaluator = evaluator_after(policy, short)
    for trial in range(10, 15):
        curve = evaluator.new_curve()
        for n in range(1, 41):
            curve.append(0.9 - 0.1 / n)
            evaluator.evaluate(trial, curve)
    late = evaluator.new_curve()
    found = []
    for _ in range(40):
        late.append(0.1)
        found.append(evaluator.evaluate(20, late))
    ended = [n for n, d in enumerate(found, 1) if d is not None and (d.stop or d.pause)]
    assert {16, 32} <= set(ended)
    assert not any(d and "complete trial" in d.message for d in found)
