"""``limits.maxGpuHours``: in values, in the store, after a restart, and in sweeps whose operator is killed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.phases import TrialPhase
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.status_builder import build_status
from sweepjob.lifecycle.actions import RecordStop
from sweepjob.lifecycle.gpu_seconds import GpuBudget, GpuSeconds
from sweepjob.lifecycle.planner import end_due, end_reason, is_over, new_trials, plan
from sweepjob.lifecycle.snapshot import Proposal, Totals
from sweepjob.settings import OperatorSettings
from sweepjob.timestamps import format_time, parse_time
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.fake_api.harness import Scenario, quiet

from . import pods
from .builders import job, pod, snapshot, trial
from .scenarios import HEAVY_FAULTS, spec
from .stored_sweeps import record, state

SETTINGS = OperatorSettings.of({"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"})
ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
START = 1_767_225_600.0  # 2026-01-01
REASON = "MaxGpuHoursReached"
HOLDING = st.lists(st.tuples(st.integers(0, 16), st.integers(0, 5000)), max_size=9)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


@given(HOLDING, st.integers(0, 10_000), st.integers(5000, 9000))
def test_the_line_is_the_sum_over_pods(
    holding: list[tuple[int, int]], released: int, now: int
) -> None:
    usage = GpuSeconds(released)
    for count, since in holding:
        usage += GpuSeconds(0.0, count, count * (START + since))
    expected = released + sum(count * (now - since) for count, since in holding)
    assert usage.at(START + now) == pytest.approx(expected)
    due = usage.when(expected + 1000.0)
    if not any(count for count, _ in holding):
        assert due is None
    else:
        assert due is not None
        assert usage.at(due) == pytest.approx(expected + 1000.0, abs=0.01)


def budget(hours: float, released: float, held: float = 0.0, since: float = 0.0) -> dict[str, Any]:
    return {"gpu_budget": GpuBudget(hours, GpuSeconds(released, held, held * since))}


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
                each = sum(t.gpu.seconds.at(at) for t in trials)
                assert sweep.state.live_gpus.seconds.at(at) == pytest.approx(each)
        assert sweep.state.live_gpus.seconds.held == 0.0
        sweep.trials.record_attempt(trials[0], 2, 1, "TrainerFailed", None, now)
        before = sweep_snapshot(sweep.state, SETTINGS).gpu_budget.used.at(now)
        sweep.record_end(trials[1], TrialPhase.SUCCEEDED, 0.0)
        assert sweep_snapshot(sweep.state, SETTINGS).gpu_budget.used.at(now) == before
        assert before > 0.0


def outcome(hours: float, kills: list[int], seed: int = 1, **given: Any) -> Scenario:
    limits = {"maxTotalTrials": 30, "maxConcurrentTrials": 2, "maxGpuHours": hours}
    trainer = {"image": "train", "command": "train", "resources": {"limits": {"nvidia.com/gpu": 2}}}
    made = spec(30, 2, limits=limits, trial={**trainer, "maxRetries": 2})
    return Scenario(seed, made, frozenset(kills), downtime=(0.1, 1.5), **given).run()


def used(scenario: Scenario) -> float:
    return sum(float(t["status"]["gpuSeconds"]["used"]) for t in scenario.trials)


@pytest.mark.parametrize("faults", [{}, {"faults": HEAVY_FAULTS, "eviction_probability": 0.1}])
def test_killed_anywhere_the_sweep_ends_at_its_limit(faults: dict[str, Any]) -> None:
    hours = 0.05  # 180 GPU-seconds
    undisturbed = outcome(hours, [], **faults)
    points = undisturbed.kill_points
    for turn in [-1, *(points if ALL else points[:: max(1, len(points) // 6)])]:
        scenario = undisturbed if turn < 0 else outcome(hours, [turn], **faults)
        status = scenario.sweep["status"]
        assert (status["phase"], status["reason"]) == ("Complete", REASON), f"killed at turn {turn}"
        assert len(scenario.trials) < 30
        canceled = any(t["status"].get("reason") == REASON for t in scenario.trials)
        assert canceled or used(scenario) >= hours * 3600, f"killed at turn {turn}"
        # Four GPUs for a downtime, delays of the API server, and the grace of a trainer.
        assert hours * 3600 - 4 <= used(scenario) <= hours * 3600 + 4 * 30, f"killed at turn {turn}"
        assert all(parse_time(t["status"]["completionTime"]) for t in scenario.trials)
