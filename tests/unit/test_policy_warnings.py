"""Warnings about early termination that decides too late or never, given the limits of the sweep."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sweepjob.early_stopping.policies.forecast import ForecastPolicy
from sweepjob.early_stopping.policy import IntervalSchedule
from sweepjob.objective import Goal
from sweepjob.testing.policies import stops

from .warned_specs import warned


def terminated(policy: dict[str, Any], trials: int = 20, **more: Any) -> list[tuple[str, str]]:
    return warned(
        earlyTermination=policy,
        limits={"maxTotalTrials": trials, "maxConcurrentTrials": 1},
        **more,
    )


@pytest.mark.parametrize(
    ("policy", "trials"),
    [
        ({"type": "bandit", "slackFactor": 0.1}, 1),
        ({"type": "median_stopping"}, 1),
        ({"type": "truncation_selection", "truncationPercentage": 10}, 9),
        ({"type": "truncation_selection", "truncationPercentage": 99}, 1),
        ({"type": "asha"}, 2),
        ({"type": "asha", "reductionFactor": 8}, 7),
        ({"type": "hyperband", "maxReports": 4, "brackets": 1}, 2),
        ({"type": "forecast", "probability": 0.1}, 3),
        ({"type": "auto"}, 3),
    ],
    ids=str,
)
def test_a_policy_that_compares_more_trials_than_there_are(
    policy: dict[str, Any], trials: int
) -> None:
    [(path, text)] = terminated(policy, trials)
    assert path == "spec.limits.maxTotalTrials"
    assert f"{policy['type']} compares {trials + 1} trials before it decides" in text
    assert terminated(policy, trials + 1) == []
    assert terminated(policy, trials, warmStart={"sweeps": ["before"]}) == []


WITH_CHECKPOINTS: dict[str, Any] = {
    "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
    "trial": {
        "image": "i",
        "command": "train ${{search_space.lr}} ${{search_space.units}}",
        "checkpoint": {"output": "state"},
    },
}


def test_brackets_with_too_few_trials_to_compare_any() -> None:
    policy = {"type": "hyperband", "maxReports": 81}
    [(path, text)] = terminated(policy, 20)
    assert path == "spec.earlyTermination.brackets"
    # Of 20 trials the five brackets get 11, 5, 2, 1 and 1; the last one has no rung.
    assert "of 20 trials bracket 3 has 2, bracket 4 has 1" in text
    assert "stops none of them; raise spec.limits.maxTotalTrials, or set brackets to 2" in text
    assert terminated({**policy, "brackets": 2}, 20) == []
    [(_, text)] = terminated(policy, 20, **WITH_CHECKPOINTS)
    assert "pauses them all" in text
    assert terminated(policy, 143) == []


def test_hyperband_in_a_sweep_in_which_no_bracket_compares_any_trial() -> None:
    # Of the first five trials three are in the first of three brackets.
    policy = {"type": "hyperband", "maxReports": 9}
    [(path, text)] = terminated(policy, 4)
    assert path == "spec.limits.maxTotalTrials"
    assert "hyperband compares 5 trials before it decides, so that it does nothing" in text
    assert "or lower reductionFactor or brackets" in text
    [(path, text)] = terminated(policy, 4, **WITH_CHECKPOINTS)
    assert path == "spec.limits.maxTotalTrials"
    assert "until the bracket has 3 trials, which takes 5 trials in all" in text


@pytest.mark.parametrize(
    ("policy", "trials"),
    [
        ({"type": "auto"}, 2),
        ({"type": "auto", "maxReports": 81}, 1),
        ({"type": "asha", "mode": "promote"}, 2),
        ({"type": "asha", "mode": "promote", "reductionFactor": 8}, 7),
    ],
    ids=str,
)
def test_a_policy_that_pauses_all_trials_of_a_small_sweep(
    policy: dict[str, Any], trials: int
) -> None:
    with_checkpoints = WITH_CHECKPOINTS
    [(path, text)] = terminated(policy, trials, **with_checkpoints)
    assert path == "spec.limits.maxTotalTrials"
    least = policy.get("reductionFactor", 3)
    assert f"pauses each trial at its first rung until there are {least}, so that only one" in text
    assert "does nothing" not in text
    assert terminated(policy, least, **with_checkpoints) == []
    warm = {**with_checkpoints, "warmStart": {"sweeps": ["before"]}}
    # auto does not count those trials, and without a rung it pauses none.
    assert bool(terminated(policy, trials, **warm)) == (policy["type"] == "auto")
    if policy["type"] == "auto":
        found = terminated({"type": "auto", "maxReports": 1}, trials, **with_checkpoints)
        assert [path for path, _ in found] == ["spec.earlyTermination.maxReports"]


@pytest.mark.parametrize(
    ("policy", "path", "better"),
    [
        ({"type": "forecast", "maxReports": 2}, "maxReports", {"maxReports": 3}),
        ({"type": "auto", "maxReports": 2}, "maxReports", {"maxReports": 3}),
        ({"type": "auto", "maxReports": 1}, "maxReports", {"maxReports": 81}),
        (
            {"type": "forecast", "maxReports": 10, "evaluationInterval": 5},
            "evaluationInterval",
            {"evaluationInterval": 4},
        ),
        (
            {"type": "forecast", "maxReports": 9, "delayEvaluation": 5},
            "delayEvaluation",
            {"delayEvaluation": 4},
        ),
        (
            {"type": "forecast", "maxReports": 10, "evaluationInterval": 3, "delayEvaluation": 4},
            "delayEvaluation",
            {"delayEvaluation": 3},
        ),
    ],
    ids=str,
)
def test_a_forecast_that_comes_too_late(
    policy: dict[str, Any], path: str, better: dict[str, Any]
) -> None:
    chance = {"probability": 0.1} if policy["type"] == "forecast" else {}
    [(where, text)] = terminated(policy | chance)
    assert where == f"spec.earlyTermination.{path}"
    assert f"(maxReports: {policy['maxReports']})" in text
    assert terminated(policy | chance | better) == []


def test_no_warning_of_a_policy_stands_where_it_decides() -> None:
    """The first forecast that the warnings count on is the first that the policy makes."""
    for every, delay, complete in itertools.product((1, 2, 3), (0, 1, 4, 5), (2, 3, 8, 9, 10)):
        policy = ForecastPolicy(0.5, complete, IntervalSchedule(every, delay))
        good = [(trial, 0.9 - 0.1 / n) for n in range(1, complete + 1) for trial in range(6)]
        bad = [(9, 0.1)] * complete
        decides = any(stops(policy, Goal.MAXIMIZE, good + bad))
        section = {"evaluationInterval": every, "delayEvaluation": delay, "maxReports": complete}
        found = terminated({"type": "forecast", "probability": 0.5, **section})
        assert bool(found) is not decides, section
