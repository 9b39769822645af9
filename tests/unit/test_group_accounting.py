"""GPU-seconds of trials of several pods, which start and end at different times, over restarts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sweepjob.api import names
from sweepjob.api.meta.cause import Cause
from sweepjob.api.sweeptrial.attempt_history import AttemptRecord, dump_execution
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.lifecycle.pod_failures import PodFailure
from sweepjob.timestamps import format_time
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from .pods import pod
from .stored_sweeps import record, state

START = 1_767_225_600.0  # 2026-01-01
GPUS = 2  # of each pod


def rank(number: int, attempt: int, since: float, until: float | None = None) -> CachedPod:
    status: dict[str, Any] = {"phase": "Running", "startTime": format_time(START + since)}
    container: dict[str, Any] = {"running": {"startedAt": format_time(START + since)}}
    if until is not None:
        status["phase"] = "Failed"
        container = {"terminated": {"exitCode": 1, "finishedAt": format_time(START + until)}}
    status["containerStatuses"] = [{"name": "trainer", "state": container}]
    body = pod(status)
    body["metadata"] |= {"name": f"s-{attempt}-{number}", "uid": f"u-{attempt}-{number}"}
    body["metadata"]["labels"] |= {
        names.LABEL_ATTEMPT: str(attempt),
        names.COMPLETION_INDEX: str(number),
    }
    return parse_pod(body)


def observe(sweep: SweepStore, now: float, *pods: CachedPod, gone: bool = False) -> float:
    """The trial's GPU-seconds after these changes."""
    trial = sweep.state.live[0]
    for seen in pods:
        if seen.attempt == trial.status.attempt:
            sweep.trials.observe_pod(trial, seen, START + now, gone=gone, instances=2)
        else:
            sweep.trials.observe_earlier_pod(trial, seen, START + now, gone=gone)
    return trial.usage.total_gpu_seconds


def started(**status: Any) -> SweepStore:
    sweep = state()
    sweep.add_trial(record(0, **status))
    return sweep


def test_pods_that_overlap_in_part_are_summed() -> None:
    sweep = started()
    assert observe(sweep, 12, rank(0, 1, 0), rank(1, 1, 10)) == 0.0, "they still hold theirs"
    assert sweep.state.live[0].usage.gpu_count == 2 * GPUS
    assert observe(sweep, 20, rank(1, 1, 10, 20)) == 10 * GPUS
    assert observe(sweep, 50, rank(0, 1, 0, 50)) == (10 + 50) * GPUS
    ends = (rank(0, 1, 0, 50), rank(1, 1, 10, 20))
    assert observe(sweep, 60, *ends) == (10 + 50) * GPUS, "once"
    assert observe(sweep, 70, *ends, gone=True) == (10 + 50) * GPUS, "also when they are gone"


def test_a_pod_that_outlives_its_attempt_counts_for_the_trial() -> None:
    sweep = started(phase="Running", job="sweep-0")
    trial = sweep.state.live[0]
    observe(sweep, 12, rank(0, 1, 0), rank(1, 1, 0, 12))
    sweep.trials.record_attempt(trial, 2, 1, "TrainerFailed", None, START + 14)
    assert observe(sweep, 20, rank(0, 1, 0, 20)) == (12 + 20) * GPUS
    assert observe(sweep, 40, rank(0, 2, 25, 40), rank(1, 2, 25, 30)) == (32 + 15 + 5) * GPUS


def test_an_operator_that_was_restarted_counts_each_pod_once() -> None:
    """The record has what had ended when the attempt did; what ended later is seen from the pods."""
    failed = AttemptRecord(1, "s-1-1", "node", "TrainerFailed", "exit code 1", START + 14)
    written = {
        "phase": "Pending",
        "attempt": 2,
        "executions": [dump_execution(failed)],
        "gpuSeconds": {"count": "4", "byResource": {"nvidia.com/gpu": str(12 * GPUS)}},
    }
    ends = (rank(0, 1, 0, 20), rank(1, 1, 0, 12))
    assert observe(started(**written), 30, *ends) == (12 + 20) * GPUS
    assert observe(started(**written), 30, *reversed(ends)) == (12 + 20) * GPUS
    while_it_ran = started(**written)
    assert observe(while_it_ran, 16, rank(0, 1, 0), rank(1, 1, 0, 12)) == 12 * GPUS
    assert observe(while_it_ran, 20, *ends) == (12 + 20) * GPUS


def test_an_operator_that_was_restarted_in_mid_attempt_counts_all_pods() -> None:
    sweep = started(phase="Running", job="sweep-0", startTime=format_time(START))
    assert observe(sweep, 60, rank(1, 1, 10, 20)) == 10 * GPUS
    assert observe(sweep, 60, rank(0, 1, 0, 55)) == (10 + 55) * GPUS


def test_failures_are_kept_until_the_next_attempt() -> None:
    """The pod that failed may be gone before the end of the attempt is recorded."""
    sweep = started(phase="Running", job="sweep-0")
    trial = sweep.state.live[0]
    failure = PodFailure("s-1-1", 1, START, Cause("TrainerFailed", "exit code 3"))
    for seen in (failure, replace(failure, pod="s-1-0", rank=0), replace(failure, at=START + 1)):
        sweep.trials.note_pod_failure(trial, seen)
    kept = {(f.rank, f.at) for f in trial.workload.pod_failures}
    assert kept == {(0, START), (1, START + 1)}, "once for each pod"
    sweep.trials.record_attempt(trial, 2, 1, "TrainerFailed", None, START + 14)
    assert trial.workload.pod_failures == ()
