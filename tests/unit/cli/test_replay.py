"""Tests ``replay``: policies on recorded curves."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.early_stopping.policies.asha_promotion import PromotingAshaPolicy
from sweepjob.early_stopping.policies.bandit import BanditPolicy
from sweepjob.early_stopping.policies.median import MedianStoppingPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import NoPolicy
from sweepjob.early_stopping.replay import RecordedTrial, replay
from sweepjob.objective import Goal

from ..builders import sweepjob
from .program import Program


def recorded(trial: int, values: list[float], *seconds: int) -> RecordedTrial:
    return RecordedTrial(trial, tuple(values), seconds or (1,) * len(values))


def write(
    program: Program, curves: list[Any], concurrent: int = 2, **policy: Any
) -> tuple[str, str]:
    body = sweepjob(
        earlyTermination=policy or None,
        limits={"maxTotalTrials": 9, "maxConcurrentTrials": concurrent},
    )
    sweep = program.file(yaml.safe_dump(body))
    lines = "\n".join(c if isinstance(c, str) else json.dumps(c) for c in curves)
    return str(sweep), str(program.file(lines, "curves.jsonl"))


CURVES = [
    {"trial": 0, "values": [0.5, 0.6, 0.9]},
    {"trial": 1, "values": [0.1, 0.2, 0.3, 0.4]},
    {"trial": 2, "values": [0.45, 0.5, 0.55]},
]


def test_the_json_is_as_documented(program: Program) -> None:
    sweep, curves = write(program, CURVES, type="bandit", slackAmount=0.2)
    assert program("replay", "-f", sweep, curves, "-o", "json") == 0
    result = json.loads(program.out)
    # Trials 0 and 1 report at 1; trial 1 is behind at once, and trial 2 takes its slot.
    assert [(t["trial"], t["reports"]) for t in result["trials"]] == [(0, 3), (1, 1), (2, 3)]
    stopped = result["trials"][1]["stopped"]
    assert (stopped["policy"], stopped["interval"], stopped["comparators"]) == ("bandit", 1, 1)
    assert (stopped["value"], stopped["threshold"]) == (0.1, 0.3)
    # Trial 2's third report comes at 4, after trial 0's 0.9 at 3, and is 0.35 behind.
    assert result["trials"][2]["stopped"]["interval"] == 3
    assert result["saved"] == pytest.approx(3 / 10)
    assert result["bestLost"] is False


def test_simultaneous_reports_are_ordered_by_trial() -> None:
    """Durations are exact: three times 0.1 equals 0.3, unlike floats."""
    from fractions import Fraction

    tenth = Fraction(1, 10)
    slow = RecordedTrial(0, (1.0,), (3 * tenth,))
    quick = RecordedTrial(1, (0.0, 0.0, 0.0), (tenth,) * 3)
    again = RecordedTrial(2, (0.0,), (tenth * 0,))
    result = replay([quick, slow, again], BanditPolicy(slack_amount=0.5), Goal.MAXIMIZE, 2)
    # At 0.3 trial 0 reports first; trial 2 takes its slot and reports at once, after trial 1's end.
    assert [o.reports for o in result.outcomes] == [3, 1, 1]
    assert result.outcomes[2].stopped is not None


def test_replay_reports_that_the_best_trial_was_stopped() -> None:
    late = recorded(1, [0.0, 0.0, 1.0])
    result = replay(
        [recorded(0, [0.5] * 3), late], BanditPolicy(slack_amount=0.1), Goal.MAXIMIZE, 2
    )
    assert result.best_lost
    assert result.saved == pytest.approx(2 / 6)


values = st.one_of(st.integers(-3, 3).map(float), st.just(math.nan))
curves = st.lists(st.lists(values, max_size=6), max_size=6)


@given(curves=curves, concurrent=st.integers(1, 7), goal=st.sampled_from(list(Goal)))
def test_without_a_policy_nothing_is_saved_or_lost(
    curves: list[list[float]], concurrent: int, goal: Goal
) -> None:
    trials = [recorded(n, curve) for n, curve in enumerate(curves)]
    result = replay(trials, NoPolicy(), goal, concurrent)
    assert [o.reports for o in result.outcomes] == [len(curve) for curve in curves]
    assert (result.saved, result.best_lost) == (0.0, False)


@given(curves=curves, concurrent=st.integers(1, 7))
def test_every_stop_has_a_decision(curves: list[list[float]], concurrent: int) -> None:
    trials = [recorded(n, curve) for n, curve in enumerate(curves)]
    result = replay(trials, MedianStoppingPolicy(), Goal.MAXIMIZE, concurrent)
    spent = 0
    for outcome, curve in zip(result.outcomes, curves, strict=True):
        spent += outcome.reports
        if outcome.stopped is None:
            assert outcome.reports == len(curve)
        else:
            assert outcome.reports == outcome.stopped.interval
    total = sum(map(len, curves))
    assert result.saved == pytest.approx(1 - spent / total if total else 0)


def test_the_table_names_the_decisions(program: Program) -> None:
    sweep, curves = write(program, CURVES, type="bandit", slackAmount=0.2)
    assert program("replay", "-f", sweep, curves) == 0
    lines = program.out.splitlines()
    assert lines[0].split() == ["TRIAL", "REPORTS", "STOPPED"]
    assert "1/4" in lines[2]
    assert "bandit stopped it at interval 1: its best 0.1 is below the threshold 0.3" in lines[2]
    assert lines[-1] == "2 of 3 trials stopped, 30 % of the time saved, the best value is kept"


def test_policies_side_by_side(program: Program) -> None:
    sweep, curves = write(program, CURVES, type="bandit", slackAmount=0.2)
    other = program.file(yaml.safe_dump(sweepjob()), "other.yaml")
    flags = ["--compare", "{type: median_stopping, delayEvaluation: 2}", "--compare", other]
    assert program("replay", "-f", sweep, curves, *flags) == 0
    assert "bandit (slackAmount 0.2)   median_stopping (delayEvaluation 2)   none" in program.out
    assert program("replay", "-f", sweep, curves, *flags, "-o", "json") == 0
    policies = json.loads(program.out)["policies"]
    assert [p["policy"].split()[0] for p in policies] == ["bandit", "median_stopping", "none"]
    assert policies[2]["saved"] == 0


CHECKPOINT: dict[str, Any] = {
    "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}}},
    "trial": {"image": "i:1", "command": "train", "checkpoint": {"output": "state"}},
}
PROMOTE = {"type": "asha", "mode": "promote", "maxReports": 4}


def compared(
    program: Program, policy: dict[str, Any], other: str, **spec: Any
) -> list[dict[str, Any]]:
    """Replays two policies on curves that an early pause and a stop treat differently."""
    sweep = program.file(yaml.safe_dump(sweepjob(earlyTermination=policy, **spec), sort_keys=False))
    curves = [{"trial": t, "values": [t % 3 + n / 9 for n in range(9)]} for t in range(9)]
    lines = program.file("\n".join(map(json.dumps, curves)), "curves.jsonl")
    assert program("replay", "-f", sweep, lines, "--compare", other, "-o", "json") == 0
    policies: list[dict[str, Any]] = json.loads(program.out)["policies"]
    return policies


@pytest.mark.parametrize("policy", [{"type": "auto", "maxReports": 9}, PROMOTE], ids=str)
def test_an_inline_policy_has_the_checkpoint_of_the_file(
    program: Program, policy: dict[str, Any]
) -> None:
    own, inline = compared(program, policy, json.dumps(policy), **CHECKPOINT)
    assert "paused" in str(own["trials"])
    assert inline.pop("policy") == f"{own.pop('policy')} (2)"
    assert inline == own


def test_a_compared_file_has_its_own_checkpoint_and_is_named(program: Program) -> None:
    policy = {"type": "auto", "maxReports": 9}
    other = program.file(yaml.safe_dump(sweepjob(earlyTermination=policy)), "other.yaml")
    own, without = compared(program, policy, str(other), **CHECKPOINT)
    assert "paused" in str(own["trials"])
    assert "paused" not in str(without["trials"])
    assert without["policy"] == f"{own['policy']} of {other}"


def test_an_inline_policy_that_the_file_could_not_have_is_refused(program: Program) -> None:
    sweep, curves = write(program, CURVES, type="auto")
    assert program("replay", "-f", sweep, curves, "--compare", json.dumps(PROMOTE)) == 1
    assert program.err.startswith("error: earlyTermination.mode: 'promote': asha pauses trials")
    assert "add trial.checkpoint: {output: NAME}" in program.err
    assert "or use mode: stop, or budgetParameter: NAME" in program.err


def test_a_non_finite_value_is_valid_json(program: Program) -> None:
    lines = [
        '{"trial": 5, "values": [null, NaN, "-Infinity"]}',
        '{"trial": 1, "values": [1, 1, 1]}',
    ]
    sweep, curves = write(program, lines, type="truncation_selection", truncationPercentage=50)
    assert program("replay", "-f", sweep, curves, "-o", "json") == 0
    result = json.loads(program.out, parse_constant=pytest.fail)
    assert result["trials"][0]["stopped"]["value"] is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]", "must be an object"),
        ("{", "JSON"),
        ('{"values": [1]}', "trial: None"),
        ('{"trial": 0, "values": 3}', "values: 3"),
        ('{"trial": 0, "values": ["a"]}', "values[0]: 'a'"),
        ('{"trial": 0, "values": [1], "seconds": [1, 2]}', "2 for 1 values"),
        ('{"trial": 0, "values": [1], "seconds": [-1]}', "seconds[0]: -1"),
        ('{"trial": 0, "values": [1], "loss": 2}', "unknown key 'loss'"),
        ('{"trial": 7, "values": [1]}\n{"trial": 7, "values": [1]}', "occurs twice"),
        ("", "has no trial"),
    ],
)
def test_bad_curves_are_named_by_line(program: Program, line: str, why: str) -> None:
    sweep, curves = write(program, [line])
    assert program("replay", "-f", sweep, curves) == 2
    assert why in program.err
    assert "curves.jsonl" in program.err


def test_paused_trials_continue_where_they_were() -> None:
    """Rungs at 2 and 4 of six reports; one of two continues."""
    levels = [0.5, 0.1, 0.9, 0.3]
    trials = [recorded(n, [level + i / 100 for i in range(1, 7)]) for n, level in enumerate(levels)]
    policy = PromotingAshaPolicy(Rungs(2, 2, 6))
    result = replay(trials, policy, Goal.MAXIMIZE, 1)
    reports = [outcome.reports for outcome in result.outcomes]
    # Trial 0 waits at 2 for trial 1, is continued, and waits at 4 for trial 2, which is better there.
    assert reports == [4, 2, 6, 2]
    assert result.outcomes[2].stopped is None
    first = result.outcomes[0]
    assert first.stopped is not None
    assert "asha paused it at interval 4" in first.stopped.message
    assert (first.started, first.ended) == (0, 6), "trial 1 had the slot for two seconds meanwhile"
    assert result.saved == pytest.approx(10 / 24)
    assert result.best_lost is False


@given(
    levels=st.lists(st.integers(0, 9), min_size=1, max_size=20),
    concurrent=st.integers(1, 4),
    factor=st.integers(2, 4),
)
def test_a_replay_with_pauses_has_one_complete_trial_at_least(
    levels: list[int], concurrent: int, factor: int
) -> None:
    trials = [recorded(n, [float(level)] * 9) for n, level in enumerate(levels)]
    result = replay(trials, PromotingAshaPolicy(Rungs(factor, 1, 9)), Goal.MAXIMIZE, concurrent)
    assert {o.trial for o in result.outcomes} == set(range(len(levels)))
    complete = [o for o in result.outcomes if o.stopped is None]
    assert complete
    assert all(o.reports == 9 for o in complete)
    assert all(o.stopped is None or o.stopped.pause for o in result.outcomes)


def test_it_says_when_limits_would_have_ended_the_sweep(program: Program) -> None:
    values = [[0.5, 0.7], [0.3, 0.4], [0.9, 0.8], [0.1, 0.3]]
    rows = [{"trial": n, "values": v, "seconds": [1800, 1800]} for n, v in enumerate(values)]
    curves = program.file("\n".join(map(json.dumps, rows)), "curves.jsonl")
    limits = {
        "maxTotalTrials": 4,
        "maxConcurrentTrials": 2,
        "target": 0.85,
        "noImprovementTrials": 3,
        "maxGpuHours": 5,
        "maxCost": 15,
        "prices": {"nvidia.com/gpu": 3},
    }
    trial = {
        "image": "i",
        "command": "train ${{search_space.lr}} ${{search_space.units}}",
        "resources": {"limits": {"nvidia.com/gpu": 2}},
    }
    file = program.file(yaml.safe_dump(sweepjob(limits=limits, trial=trial)))
    assert program("replay", "-f", str(file), str(curves)) == 0
    said = program.out
    assert (
        "target 0.85: ends the sweep after 1h30m, when 2 of 4 trials have ended; saves 12.5 % of the "
        "trials' time; the best value is kept" in said
    )
    assert "noImprovementTrials 3: not reached" in said
    # Four GPUs are in use: 5 GPU-hours are over after 75 minutes.
    assert "maxGpuHours 5: ends the sweep after 1h15m, when 2 of 4 trials have ended" in said
    assert "saves 37.5 % of the trials' time (3 GPU-hours); the best value is LOST" in said
    assert "maxCost 15: ends the sweep after 1h15m" in said
    assert "(a cost of 9)" in said
    untimed = [{"trial": row["trial"], "values": row["values"]} for row in rows]
    curves = program.file("\n".join(map(json.dumps, untimed)), "untimed.jsonl")
    assert program("replay", "-f", str(file), str(curves)) == 0
    assert "maxGpuHours 5: not judged: the curves have no seconds" in program.out
    mixed = [*rows[:3], untimed[3], {"trial": 4, "values": []}]
    curves = program.file("\n".join(map(json.dumps, mixed)), "mixed.jsonl")
    assert program("replay", "-f", str(file), str(curves)) == 0
    assert "maxGpuHours 5: not judged: 1 of 4 curves have no seconds" in program.out
    assert "note: 1 of 4 curves have no seconds: each of their reports counts as 1" in program.err
