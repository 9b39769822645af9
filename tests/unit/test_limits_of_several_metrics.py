"""Limits that depend on results, with constraints and with several objectives: ended trials count."""

from __future__ import annotations

from typing import Any

from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.lifecycle.planner import end_reason
from sweepjob.lifecycle.snapshot import RecordedBest, ResultProgress
from sweepjob.settings import OperatorSettings

from .builders import sweepjob

SETTINGS = OperatorSettings.of({"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"})
SIZE = {"metric": "size", "max": 14}


def store(**spec: Any) -> SweepStore:
    parsed = parse_sweepjob(sweepjob(**spec))
    return SweepStore(ObjectIdentity("team", "sweep", "uid"), parsed, 1, 0.0, {})


def progress(sweep: SweepStore) -> ResultProgress:
    return sweep_snapshot(sweep.state, SETTINGS).results


def ended(sweep: SweepStore, index: int, score: float, **values: float) -> None:
    """Let a trial end with these last values."""
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1 + index}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    status = {
        "phase": "Succeeded",
        "completionTime": f"2026-01-01T00:00:{index:02}Z",
        "curve": {
            "pod": "p",
            "reports": 1,
            "values": repr(score),
            "best": repr(score),
            "last": repr(score),
        },
        "values": {name: repr(value) for name, value in {"score": score, **values}.items()},
    }
    sweep.load([parse_record({**body, "status": status})])


def test_with_constraints_the_target_is_reached_by_a_feasible_trial_that_has_ended() -> None:
    limits = {"maxTotalTrials": 9, "target": 0.9, "noImprovementTrials": 2}
    sweep = store(constraints=[SIZE], limits=limits)
    ended(sweep, 0, 0.95, size=15.0)
    assert progress(sweep).recorded is None
    assert (progress(sweep).row, progress(sweep).best) == (1, None)
    ended(sweep, 1, 0.5, size=14.0)
    assert progress(sweep).row == 0
    ended(sweep, 2, 0.99, size=20.0)
    ended(sweep, 3, 0.4, size=1.0)
    snap = sweep_snapshot(sweep.state, SETTINGS)
    assert end_reason(snap, 5.0) == (
        "NoImprovement",
        "2 trials in a row ended with no better feasible score than 0.5; limits.noImprovementTrials "
        "is 2",
    )
    ended(sweep, 4, 0.91, size=14.0)
    assert progress(sweep).recorded == RecordedBest("sweep-4", 0.91)
    found = end_reason(sweep_snapshot(sweep.state, SETTINGS), 5.0)
    assert found is not None
    assert found.reason == "TargetReached"


def test_with_several_objectives_a_new_trial_on_the_front_breaks_the_row() -> None:
    objectives = [
        {"goal": "maximize", "primaryMetric": "score"},
        {"goal": "minimize", "primaryMetric": "latency"},
    ]
    limits = {"maxTotalTrials": 9, "noImprovementTrials": 2}
    sweep = store(objective=None, objectives=objectives, constraints=[SIZE], limits=limits)
    ended(sweep, 0, 0.5, latency=1.0, size=1.0)
    ended(sweep, 1, 0.9, latency=9.0, size=1.0)
    assert progress(sweep).row == 0
    ended(sweep, 2, 0.5, latency=1.0, size=1.0)
    assert progress(sweep).row == 1, "of equal values there is no new best"
    ended(sweep, 3, 0.95, latency=0.5, size=15.0)
    found = end_reason(sweep_snapshot(sweep.state, SETTINGS), 5.0)
    assert found == (
        "NoImprovement",
        "2 trials in a row ended with no new trial on the Pareto front; limits.noImprovementTrials is 2",
    )
    ended(sweep, 4, 0.6, latency=1.5, size=1.0)
    assert progress(sweep).row == 0
