"""``limits.maxGpuHours`` and ``limits.maxCost``: in values, in the store, after a restart, and in sweeps whose operator is killed."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec.prices import check_prices, cost_rate
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.status_builder import build_status
from sweepjob.lifecycle.actions import RecordStop
from sweepjob.lifecycle.planner import end_due, end_reason, is_over, new_trials, plan
from sweepjob.lifecycle.snapshot import Proposal, Totals
from sweepjob.lifecycle.usage import Usage, UsageLimit
from sweepjob.settings import OperatorSettings
from sweepjob.timestamps import format_time, parse_time
from sweepjob.trial_pods.pod_parsing import parse_pod
from sweepjob.trial_pods.requested_amounts import requested_amounts

from tests.fake_api.harness import Scenario

from . import pods
from .builders import job, pod, snapshot, trial
from .scenarios import HEAVY_FAULTS, spec
from .stored_sweeps import record, state

pytestmark = pytest.mark.usefixtures("quiet_logs")

SETTINGS = OperatorSettings.of({"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"})
ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
START = 1_767_225_600.0  # 2026-01-01
REASON = "MaxGpuHoursReached"
HOLDING = st.lists(st.tuples(st.integers(0, 16), st.integers(0, 5000)), max_size=9)


@given(HOLDING, st.integers(0, 10_000), st.integers(5000, 9000))
def test_the_line_is_the_sum_over_pods(
    holding: list[tuple[int, int]], released: int, now: int
) -> None:
    usage = Usage(released)
    for count, since in holding:
        usage += Usage(0.0, count, count * (START + since))
    expected = released + sum(count * (now - since) for count, since in holding)
    assert usage.at(START + now) == pytest.approx(expected)
    due = usage.when(expected + 1000.0)
    if not any(count for count, _ in holding):
        assert due is None
    else:
        assert due is not None
        assert usage.at(due) == pytest.approx(expected + 1000.0, abs=0.01)


def budget(hours: float, released: float, held: float = 0.0, since: float = 0.0) -> dict[str, Any]:
    limit = UsageLimit.of_gpu_hours(hours, Usage(released, held, held * since), 0.0)
    return {"usage_limits": (limit,)}


def test_the_limit_cancels_all_trials_at_its_time_and_starts_none() -> None:
    live = trial(0, jobs=(job(0),), pods=(pod(0, started=100.0),), job_created=True)
    proposals = (Proposal(1, {"x": 1}),)
    given = {"occupied": 1, "totals": Totals(1), "proposals": proposals}
    sweep = snapshot(**given, **budget(1.0, 1600.0, 2.0, 100.0))
    assert end_due(sweep, 1099.0) == 1100.0
    assert plan(live, sweep, 1099.0).actions == ()
    assert plan(live, sweep, 1099.0).wake_at == 1100.0
    assert new_trials(sweep, 1099.0) == proposals
    [stop] = plan(live, sweep, 1100.0).actions
    assert isinstance(stop, RecordStop)
    assert (stop.stop.outcome, stop.stop.reason) == (TrialPhase.CANCELED, REASON)
    assert stop.stop.message == "the trials used 1 GPU-hours; limits.maxGpuHours is 1"
    assert not new_trials(sweep, 1100.0)
    assert end_due(sweep, 1100.0) is None
    assert is_over(snapshot(totals=Totals(1), **budget(1.0, 3601.0)), 1200.0)
    assert not is_over(snapshot(totals=Totals(1), **budget(1.0, 3599.0)), 1200.0)


def test_a_limit_that_is_reached_but_for_a_rounding_error_is_checked_a_little_later() -> None:
    limit = UsageLimit.of_cost(
        180.0,
        Usage(180.0 - 1e-7, 1e-3, 1e-3 * START),
    )
    assert limit.end(START) is None
    assert limit.due(START) == START + 0.01
    assert limit.end(START + 0.01) is not None


def test_the_timeout_counts_if_it_comes_first() -> None:
    sweep = snapshot(timeout=50, started=100.0, **budget(1.0, 0.0, 1.0, 100.0))
    assert end_due(sweep, 120.0) == 150.0
    sweep = snapshot(timeout=5000, started=100.0, **budget(1.0, 0.0, 1.0, 100.0))
    assert end_due(sweep, 120.0) == 3700.0


def ended(index: int, seconds: int, phase: str = "Succeeded", **status: Any) -> Any:
    used = {"count": "2", "used": str(seconds), "byResource": {"nvidia.com/gpu": str(seconds)}}
    curve = {"pod": "p", "reports": 1, "values": "0.5", "best": "0.5", "bestInterval": 1}
    return record(index, phase=phase, gpuSeconds=used, curve=curve, **status)


def test_whole_seconds_on_record_do_not_open_the_sweep_again() -> None:
    """The trial was canceled at 3600.9 s. Its record says 3599 s, a second less for each of two GPUs."""
    stop = {"outcome": "Canceled", "reason": REASON, "message": "", "time": "2026-01-01T00:00:00Z"}
    sweep = state(limits={"maxTotalTrials": 9, "maxGpuHours": 1})
    sweep.load([ended(0, 3599, "Canceled", stop=stop)])
    snap = sweep_snapshot(sweep.state, SETTINGS)
    assert is_over(snap, START)
    made = build_status(sweep.state, snap, 1, START)
    [complete] = [c for c in made.conditions if c.kind == "Complete"]
    assert (made.reason, complete.holds, complete.reason) == (REASON, True, REASON)
    sweep = state(limits={"maxTotalTrials": 9, "maxGpuHours": 1})
    sweep.load([ended(0, 3599)])
    assert not is_over(sweep_snapshot(sweep.state, SETTINGS), START)


def test_a_higher_limit_continues_the_sweep() -> None:
    stop = {"outcome": "Canceled", "reason": REASON, "message": "", "time": "2026-01-01T00:00:00Z"}
    sweep = state(limits={"maxTotalTrials": 9, "maxGpuHours": 2})
    sweep.load([ended(0, 3599, "Canceled", stop=stop)])
    assert end_reason(sweep_snapshot(sweep.state, SETTINGS), START) is None


def test_a_sweep_without_a_value_fails_with_the_limit() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "maxGpuHours": 0.5})
    gpus = {"byResource": {"nvidia.com/gpu": "1800"}}
    sweep.load([record(0, phase="Canceled", gpuSeconds=gpus)])
    made = build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, START)
    [failed] = [c for c in made.conditions if c.kind == "Failed"]
    assert (failed.holds, failed.reason) == (True, REASON)
    assert failed.message == "the trials used 0.5 GPU-hours; limits.maxGpuHours is 0.5"


def test_the_sum_follows_pods_attempts_and_ends_in_any_order() -> None:
    chance = random.Random(3)
    for _ in range(50):
        sweep = state(limits={"maxTotalTrials": 9, "maxGpuHours": 1})
        trials = [sweep.add_trial(record(n)) for n in range(3)]
        changes = [(n, kind) for n in range(3) for kind in ("start", "end", "gone")]
        chance.shuffle(changes)
        now = START
        for index, kind in changes:
            now += chance.randrange(100)
            times = {"startTime": format_time(START + index)}
            done = {"terminated": {"exitCode": 1, "finishedAt": format_time(now)}}
            statuses = {"containerStatuses": [{"name": "trainer", "state": done}]}
            phase = "Failed" if kind == "end" else "Running"
            extra = statuses if kind == "end" else {}
            body = pods.pod({"phase": phase, **times, **extra})
            body["metadata"] |= {"name": f"p{index}", "uid": f"u{index}"}
            seen = parse_pod(body)
            sweep.trials.observe_pod(trials[index], seen, now, gone=kind == "gone")
            for at in (now, now + 50.0):
                each = sum(t.usage.gpu.at(at) for t in trials)
                assert sweep.state.live_usage.gpu.at(at) == pytest.approx(each)
        assert sweep.state.live_usage.gpu.rate == 0.0
        sweep.trials.record_attempt(trials[0], 2, 1, "TrainerFailed", None, now)
        before = sweep_snapshot(sweep.state, SETTINGS).usage_limits[0].used.at(now)
        sweep.record_end(trials[1], TrialPhase.SUCCEEDED, 0.0)
        assert sweep_snapshot(sweep.state, SETTINGS).usage_limits[0].used.at(now) == before
        assert before > 0.0


PRICES = {"nvidia.com/gpu": 3600.0, "cpu": 720.0}  # a GPU costs 1 a second


def test_a_pod_costs_what_it_requests_and_begun_seconds_count() -> None:
    limits = {"maxTotalTrials": 9, "maxCost": 100, "prices": PRICES}
    sweep = state(limits=limits)
    trial = sweep.add_trial(record(0))
    rate = cost_rate({"nvidia.com/gpu": 2.0, "cpu": 5.0, "memory": 64.0}, sweep.state.prices)
    assert rate == 3.0
    running = {"phase": "Running", "startTime": format_time(START)}
    sweep.trials.observe_pod(trial, parse_pod(pods.pod(running)), START + 9, gone=False, rate=rate)
    [limit] = sweep_snapshot(sweep.state, SETTINGS).usage_limits
    assert limit.used.at(START + 20.0) == 60.0
    assert limit.due(START + 20.0) == pytest.approx(START + 100 / 3)
    assert limit.end(START + 34.0) == (
        "MaxCostReached",
        "the trials cost 102; limits.maxCost is 100",
    )
    done = {**running, "phase": "Succeeded", "containerStatuses": [pods.ended(0)]}
    sweep.trials.observe_pod(trial, parse_pod(pods.pod(done)), START + 40, gone=False, rate=rate)
    assert trial.usage.cost == Usage((25 + 1) * 3.0)
    sweep.trials.record_attempt(trial, 2, 1, "TrainerFailed", None, START + 41)
    assert trial.usage.cost == Usage(78.0)
    again = state(limits=limits)
    again.load([record(0, phase="Pending", attempt=2, cost="78.000000")])
    assert sweep_snapshot(again.state, SETTINGS).usage_limits[0].used.at(START + 99) == 78.0


def test_the_prices_of_a_sweep_replace_those_of_the_operator_by_name() -> None:
    sweep = state(limits={"maxTotalTrials": 9, "prices": {"cpu": 2.0}})
    defaults = {"cpu": 1.0, "memory": 0.5}
    made = replace(sweep.state, default_prices=defaults)
    assert made.prices == {"cpu": 2.0, "memory": 0.5}


def test_a_cost_without_prices_is_refused() -> None:
    with pytest.raises(InvalidSpec, match="nothing has a price: set spec"):
        check_prices(5.0, {"cpu": 0.0})
    check_prices(5.0, {"cpu": 0.1})
    check_prices(None, {})


@pytest.mark.parametrize(
    ("pod_spec", "amounts"),
    [
        (
            {
                "containers": [
                    {"resources": {"requests": {"cpu": "500m", "memory": "2Gi"}}},
                    {"resources": {"limits": {"cpu": 1, "nvidia.com/gpu": "2"}}},
                ],
                "initContainers": [
                    {"resources": {"requests": {"cpu": "100m"}}, "restartPolicy": "Always"},
                    {"resources": {"requests": {"cpu": "4", "memory": "1Gi"}}},
                ],
            },
            {"cpu": 4.1, "memory": 2.0, "nvidia.com/gpu": 2.0},
        ),
        (
            {
                "resources": {"requests": {"cpu": "3"}},
                "containers": [{"resources": {"requests": {"cpu": "1"}}}],
                "overhead": {"cpu": "250m", "memory": "128Mi"},
                "resourceClaims": [{"name": "a", "resourceClaimTemplateName": "h100"}],
            },
            {"cpu": 3.25, "memory": 0.125, "claim/h100": 1.0},
        ),
        ({"containers": [{"resources": {"requests": {"cpu": "-1", "memory": "x"}}}]}, {}),
    ],
)
def test_amounts_are_those_that_the_scheduler_reserves(
    pod_spec: dict[str, Any], amounts: dict[str, float]
) -> None:
    found = {name: amount for name, amount in requested_amounts(pod_spec).items() if amount}
    assert found == pytest.approx(amounts)


def outcome(limit: dict[str, Any], kills: list[int], seed: int = 1, **given: Any) -> Scenario:
    limits = {"maxTotalTrials": 30, "maxConcurrentTrials": 2, **limit}
    trainer = {"image": "train", "command": "train", "resources": {"limits": {"nvidia.com/gpu": 2}}}
    made = spec(30, 2, limits=limits, trial={**trainer, "maxRetries": 2})
    return Scenario(seed, made, frozenset(kills), downtime=(0.1, 1.5), **given).run()


def used(scenario: Scenario) -> float:
    return sum(float(t["status"]["gpuSeconds"]["used"]) for t in scenario.trials)


LIMITS = [
    ({"maxGpuHours": 0.05}, REASON),
    ({"maxCost": 180, "prices": PRICES}, "MaxCostReached"),
]


@pytest.mark.parametrize(("limit", "reason"), LIMITS)
@pytest.mark.parametrize("faults", [{}, {"faults": HEAVY_FAULTS, "eviction_probability": 0.1}])
def test_killed_anywhere_the_sweep_ends_at_its_limit(
    faults: dict[str, Any], limit: dict[str, Any], reason: str
) -> None:
    """It is 180 GPU-seconds."""
    undisturbed = outcome(limit, [], **faults)
    points = undisturbed.kill_points
    for turn in [-1, *(points if ALL else points[:: max(1, len(points) // 4)])]:
        scenario = undisturbed if turn < 0 else outcome(limit, [turn], **faults)
        status = scenario.sweep["status"]
        assert (status["phase"], status["reason"]) == ("Complete", reason), f"killed at turn {turn}"
        assert len(scenario.trials) < 30
        # More is four GPUs for a downtime, delays of the API server, and the grace of a trainer.
        if reason == REASON:
            canceled = any(t["status"].get("reason") == reason for t in scenario.trials)
            least = 180 - 4 if canceled else 180
            assert least <= used(scenario) <= 180 + 4 * 30, f"killed at turn {turn}"
        else:
            costs = [float(t["status"]["cost"]) for t in scenario.trials if "cost" in t["status"]]
            assert 180 <= sum(costs) <= 180 + 4 * 30, f"killed at turn {turn}"
            assert float(status["cost"]) == pytest.approx(sum(costs), rel=1e-5)
        assert all(parse_time(t["status"]["completionTime"]) for t in scenario.trials)
