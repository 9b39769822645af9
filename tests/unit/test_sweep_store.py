"""What the operator remembers of a sweep: built from records, kept up by reports."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.parsing.lenient_reader import LenientReader
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.attempt_history import dump_execution
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.incomplete_reports import (
    dump_incomplete_reasons,
    parse_incomplete_reasons,
)
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.controllers.gpu_savings import gpu_seconds_saved
from sweepjob.controllers.snapshot_builder import sweep_snapshot, write_interval
from sweepjob.controllers.state.ended_trial_warnings import MissingMetric
from sweepjob.controllers.state.pod_classification import interruption_cause, pod_view
from sweepjob.controllers.state.trial_state import TrialState
from sweepjob.controllers.state.trial_store import TrialStore, load_trial
from sweepjob.controllers.state.trial_usage import TrialUsage
from sweepjob.controllers.status_builder import build_status
from sweepjob.early_stopping.curve import Curve
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.log_parsing.findings import LogFindings
from sweepjob.log_parsing.position import LogPosition
from sweepjob.objective import Goal
from sweepjob.settings import OperatorSettings
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from .builders import sweepjob
from .stored_sweeps import POLICY, push, record, state


def test_repeated_reports_are_skipped_and_gaps_requested() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.ingest_push(trial, push(trial, 1, 0.1, 0.2, 0.3), 1.0)
    sweep.ingest_push(trial, push(trial, 2, 0.2, 0.3, 0.4), 2.0)
    sweep.ingest_push(trial, push(trial, 9, 0.9), 3.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3, 0.4]


def test_a_decision_is_made_with_the_report() -> None:
    sweep = state()
    good, bad = sweep.add_trial(record(0)), sweep.add_trial(record(1))
    assert not sweep.ingest_push(good, push(good, 1, 0.9), 1.0)
    assert sweep.ingest_push(bad, push(bad, 1, 0.1), 2.0)
    assert bad.pending_stop is not None
    decision = bad.pending_stop.decision
    assert (decision.policy, decision.threshold) == ("bandit", pytest.approx(0.7))
    assert sweep.state.results.best is not None
    assert sweep.state.results.best.trial == "sweep-0"


def test_restored_state_decides_like_the_original() -> None:
    lived = state()
    first = lived.add_trial(record(0))
    lived.ingest_push(first, push(first, 1, 0.5, 0.9, 0.7), 1.0)
    loaded = state()
    loaded.load([record(0, phase="Succeeded", curve=dump_curve(first.reports.curve, "pod"))])
    assert loaded.state.results.best == lived.state.results.best or (
        loaded.state.results.best and loaded.state.results.best.value == 0.9
    )
    for sweep in (lived, loaded):
        late = sweep.add_trial(record(1))
        sweep.ingest_push(late, push(late, 1, 0.4, 0.6), 5.0)
        assert late.pending_stop is not None
        decision = late.pending_stop.decision
        assert (decision.interval, decision.value) == (2, 0.6)
    assert (loaded.state.results.ended[TrialPhase.SUCCEEDED], loaded.state.slots.created) == (1, 2)


def test_pushes_of_stopped_trials_are_answered_the_same_after_a_restart() -> None:
    """Whichever ended first; of what they were on their way to, see test_extrapolation."""
    uses_observations = {"samplingAlgorithm": {"type": "bayesian"}}
    lived, loaded = state(**uses_observations), state(**uses_observations)
    reported = {0: [0.1, 0.4, 0.5], 1: [0.2, 0.3], 2: [0.3, 0.3, 0.4], 3: [0.2, 0.9, 0.8], 4: []}
    trials = {index: lived.add_trial(record(index)) for index in reported}
    phases = {index: TrialPhase.SUCCEEDED for index in reported} | {1: TrialPhase.EARLY_STOPPED}
    for index in (3, 1, 2, 4, 0):
        lived.ingest_push(trials[index], push(trials[index], 1, *reported[index]), 1.0)
        lived.record_end(trials[index], phases[index], 0.0)
        lived.state.observations()
    curves = {index: dump_curve(trial.reports.curve, "pod") for index, trial in trials.items()}
    loaded.load([record(n, phase=phases[n].value, curve=curves[n]) for n in reported])
    told = {seen.index: seen for seen in lived.state.observations()}
    assert told == {seen.index: seen for seen in loaded.state.observations()}
    assert told[1].score == pytest.approx(0.4)  # the others gained 0.1, 0.1 and 0 from there on
    assert (told[0].score, told[4].score) == (0.5, None)


def test_a_summary_completes_the_reports() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.ingest_push(trial, push(trial, 1, 0.1), 1.0)
    sweep.ingest_summary(
        trial, protocol.Summary(4, 0.1, 0.8, (0.1, 0.8, math.nan, 0.2), ("score",)), 2.0
    )
    assert repr(trial.reports.curve.values) == repr([0.1, 0.8, math.nan, 0.2])
    assert (
        trial.reports.curve.count,
        trial.reports.curve.best,
        trial.reports.curve.best_interval,
    ) == (4, 0.8, 2)


def test_a_summary_with_a_gap_still_has_the_best_value() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.ingest_summary(trial, protocol.Summary(500, 0.1, 0.95, (0.3, 0.4), ("score",)), 2.0)
    assert (trial.reports.curve.count, trial.reports.curve.best) == (500, 0.95)
    assert sweep.state.results.best is not None
    assert sweep.state.results.best.value == 0.95


def test_a_new_pod_restarts_the_curve_and_keeps_the_best() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.switch_pod(trial, "first", 0.0)
    sweep.ingest_push(trial, push(trial, 1, 0.5, 0.8), 1.0)
    sweep.switch_pod(trial, "second", 0.0)
    sweep.ingest_push(trial, push(trial, 1, 0.6), 2.0)
    assert (trial.reports.curve.count, trial.reports.curve.values, trial.reports.curve.best) == (
        1,
        [0.6],
        0.8,
    )


def test_gpu_savings_are_the_remaining_reports_at_the_trials_rate() -> None:
    sweep = state()
    full = sweep.add_trial(record(0))
    sweep.ingest_push(full, push(full, 1, *[0.5] * 20), 1.0)
    sweep.record_end(full, TrialPhase.SUCCEEDED, 0.0)
    stopped = sweep.add_trial(record(1))
    stop = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "", policy="bandit", interval=5)
    stopped.status = replace(stopped.status, started=100.0, stop=stop, stopped_at=110.0)
    stopped.usage = TrialUsage(2.0)
    # 2 s a report, 15 reports to come, 3 s to go away, 2 GPUs.
    assert gpu_seconds_saved(sweep.state, stopped, now=113.0) == (15 * 2.0 - 3.0) * 2
    # Known to have loaded for 6 s first: 1 s a report.
    stopped.reports = replace(stopped.reports, first_at=106.0)
    assert gpu_seconds_saved(sweep.state, stopped, now=113.0) == (15 * 1.0 - 3.0) * 2


def test_a_trial_without_the_metric_keeps_its_metric_names() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.ingest_push(trial, protocol.Push("team", trial.name, 1, (), ("loss", "acc")), 5.0)
    assert trial.reports.other_metrics_since == 5.0
    sweep.record_end(trial, TrialPhase.SUCCEEDED, 0.0)
    missing = sweep.state.ended_warnings.missing_metric_message
    assert missing == MissingMetric("sweep-0", ("loss", "acc"), ((), ()))


@pytest.mark.parametrize("seen", [("loss",), (), ("loss", "score (nested run fold-0)")])
def test_a_missing_metric_is_reported_with_a_remedy(seen: tuple[str, ...]) -> None:
    sweep = state(limits={"maxTotalTrials": 1})
    sweep.ingest_push(
        trial := sweep.add_trial(record(0)), protocol.Push("team", "sweep-0", 1, (), seen), 5.0
    )
    sweep.record_end(trial, TrialPhase.SUCCEEDED, 0.0)
    settings = OperatorSettings.of(
        {"SWEEPJOB_SIDECAR_IMAGE": "x", "SWEEPJOB_INTAKE_URL": "http://x"}
    )
    said = build_status(sweep.state, sweep_snapshot(sweep.state, settings), 1, 10.0)
    [message] = [c.message for c in said.conditions if c.kind == "Degraded"]
    if "score" in str(seen):
        assert "score was reported only in nested run fold-0" in message
        assert "as primaryMetric" not in message
    else:
        assert "never reported the primary metric 'score'" in message


def test_findings_of_a_log_become_warnings() -> None:
    sweep = state()
    good, bad = sweep.add_trial(record(0)), sweep.add_trial(record(1))
    assert not sweep.ingest_log_line(good, [("loss", 0.1), ("score", 0.9)], LogPosition(5, 3), 1.0)
    assert sweep.ingest_log_line(bad, [("score", 0.1)], LogPosition(6), 2.0)
    assert good.reports.metric_names == ("loss", "score")
    assert (good.reports.curve.values, good.reports.log_position.time) == ([0.9], 5)
    again = load_trial(
        record(
            0, curve=dump_curve(good.reports.curve, good.reports.pod, *good.reports.log_position)
        ),
        sweep.state.evaluator.new_curve(),
    )
    assert (again.reports.log_position.time, again.reports.log_position.lines) == (5, 3)
    old = load_trial(record(0, curve={"logTime": "5"}), sweep.state.evaluator.new_curve())
    assert (old.reports.log_position.time, old.reports.log_position.lines) == (5, 1)
    long = "x" * 1000
    for _ in range(3):
        sweep.ingest_log_line(good, [(long, 1.0)], LogPosition(7), 3.0)
    assert good.reports.metric_names == ("loss", "score", long[: protocol.MAX_NAME])


def test_an_incomplete_log_is_reported_on_trial_and_sweep_and_after_a_restart() -> None:
    sweep = state()
    trials = [sweep.add_trial(record(n)) for n in range(3)]
    fast = LogFindings(skipped_lines=7, skipped_bytes=700)
    assert sweep.trials.note_log(trials[1], fast, "score", 5.0)
    assert not sweep.trials.note_log(trials[1], fast, "score", 6.0)
    assert trials[1].writes.pending_since == 5.0
    assert trials[1].completeness.warnings["LogTooFast"].since == 5.0
    for trial in trials[1:]:
        sweep.trials.note_log(
            trial, LogFindings(unreadable_values=2, unreadable_sample="score=0,9"), "score", 7.0
        )
        sweep.record_end(trial, TrialPhase.SUCCEEDED, 0.0)
    assert sweep.state.ended_warnings.counts == {"LogTooFast": 1, "LogValueNotReadable": 1}
    assert sweep.state.report_warning_of("sweep-1") == (
        "LogTooFast",
        trials[1].completeness.warnings["LogTooFast"].message,
    )
    dumped = dump_incomplete_reasons(trials[1].completeness.warnings)
    assert [(c["type"], c["status"]) for c in dumped] == [
        ("LogTooFast", "True"),
        ("LogValueNotReadable", "True"),
    ]
    again = parse_incomplete_reasons(
        LenientReader({"conditions": dumped}, "status").children("conditions")
    )
    assert again == trials[1].completeness.warnings


def test_a_log_that_is_readable_again_has_no_warning() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    assert sweep.trials.note_log(trial, LogFindings(error="404"), "score", 1.0)
    assert set(trial.completeness.warnings) == {"LogNotReadable"}
    assert sweep.trials.note_log(trial, LogFindings(samples=("x=1",)), "score", 2.0)
    assert (trial.completeness.warnings, trial.reports.log_samples) == ({}, ("x=1",))


def pod_of(trial: str, name: str, **status: Any) -> CachedPod:
    labels = {"sweepjob.dev/trial": trial, "sweepjob.dev/attempt": "1"}
    meta = {
        "name": name,
        "namespace": "team",
        "uid": name,
        "resourceVersion": "1",
        "labels": labels,
    }
    trainer = {"name": "trainer", "resources": {"limits": {"amd.com/gpu": 2}}}
    return parse_pod({"metadata": meta, "spec": {"containers": [trainer]}, "status": status})


def interrupt(
    trials: TrialStore, trial: TrialState, pod: CachedPod, now: float, *, suspended: bool = False
) -> bool:
    cause = interruption_cause(trial, pod, job_suspended=suspended)
    return trials.record_interruption(trial, pod, cause, now)


EVICTED = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}


def test_an_interruption_is_recorded_once_and_survives_a_restart() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    evicted = pod_of("sweep-0", "a", phase="Failed", conditions=[EVICTED])
    assert interrupt(sweep.trials, trial, evicted, 1.0)
    assert not interrupt(sweep.trials, trial, evicted, 2.0)
    interrupt(sweep.trials, trial, pod_of("sweep-0", "b", phase="Failed"), 3.0, suspended=True)
    assert trial.status.disruptions == 2
    assert [e.reason for e in trial.status.executions] == ["Evicted", "JobSuspended"]
    kept = [dump_execution(e) for e in trial.status.executions]
    again = load_trial(record(0, executions=kept, disruptions=2), Curve(Goal.MAXIMIZE))
    assert again.status.executions == trial.status.executions
    assert not interrupt(TrialStore(), again, evicted, 4.0)


def test_only_the_newest_executions_are_kept() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    for n in range(30):
        interrupt(sweep.trials, trial, pod_of("sweep-0", f"pod-{n}", phase="Failed"), n)
    assert [e.pod for e in trial.status.executions] == [f"pod-{n}" for n in range(20, 30)]
    assert trial.status.disruptions == 30


def test_gpus_are_accounted_by_resource() -> None:
    sweep = state()
    trial = sweep.add_trial(
        record(0, gpuSeconds={"count": "2", "byResource": {"amd.com/gpu": "10"}})
    )
    times = {"startTime": "2026-01-01T00:00:00Z"}
    ended = {"name": "trainer", "state": {"terminated": {"finishedAt": "2026-01-01T00:00:05Z"}}}
    pod = pod_of("sweep-0", "a", phase="Succeeded", containerStatuses=[ended], **times)
    sweep.trials.observe_pod(trial, pod, 0.0, gone=False)
    assert trial.usage.gpu_seconds == {"amd.com/gpu": 20}
    assert trial.usage.total_gpu_seconds == 20


def test_a_retried_trial_is_decided_the_same_after_a_restart() -> None:
    """Its standings are those of the pod that runs, with the best that it brought along."""
    lasting = state()
    others = [lasting.add_trial(record(n)) for n in range(1, 4)]
    retried = lasting.add_trial(record(0))
    lasting.switch_pod(retried, "first", 0.0)
    for n, other in enumerate(others):
        lasting.ingest_push(other, push(other, 1, *[0.3 + n / 10] * 6), 1.0)
    lasting.ingest_push(retried, push(retried, 1, 0.45, 0.9, 0.2, 0.2), 2.0)
    lasting.switch_pod(retried, "second", 0.0)
    lasting.ingest_push(retried, push(retried, 1, 0.15, 0.2), 3.0)
    kept = [
        record(t.index, curve=dump_curve(t.reports.curve, t.reports.pod))
        for t in lasting.state.live.values()
    ]
    started = state()
    started.load(kept)
    assert started.state.live[0].reports.curve == retried.reports.curve
    for sweep in (lasting, started):
        sweep.ingest_push(sweep.state.live[0], push(sweep.state.live[0], 3, 0.1), 4.0)
        sweep.ingest_push(sweep.state.live[1], push(sweep.state.live[1], 7, 0.1), 5.0)
        assert sweep.state.live[0].pending_stop is None  # its 0.9 counts
        assert sweep.state.live[1].pending_stop is None  # at interval 7 it is alone
    assert lasting.state.evaluator == started.state.evaluator


@pytest.mark.parametrize(
    ("age", "interval"), [(0.0, 3.0), (60.0, 3.0), (200.0, 10.0), (1200.0, 60.0), (1e6, 60.0)]
)
def test_the_curve_of_a_long_trial_is_written_less_often(age: float, interval: float) -> None:
    trial = load_trial(record(0), Curve(Goal.MAXIMIZE))
    trial.status = replace(trial.status, started=1000.0)
    trial.writes = replace(trial.writes, written_at=1000.0 + age)
    assert write_interval(trial, 3.0) == pytest.approx(interval)
    assert write_interval(trial, 90.0) == 90.0, "never more often than was asked for"


def test_a_trial_that_has_not_started_has_the_configured_write_interval() -> None:
    assert write_interval(load_trial(record(0), Curve(Goal.MAXIMIZE)), 3.0) == 3.0


LIMITS = {"maxTotalTrials": 9, "maxConcurrentTrials": 1}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"limits": LIMITS}, True),
        ({"suspend": True}, True),
        ({"earlyTermination": {"type": "median_stopping"}}, False),
        ({"searchSpace": {"lr": {"type": "uniform", "minValue": 0, "maxValue": 1}}}, False),
    ],
)
def test_the_state_survives_an_unrelated_change_of_the_spec(
    change: dict[str, Any], kept: bool
) -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    body = sweepjob(**{"earlyTermination": POLICY, **change})
    body["spec"]["trial"]["command"] = "train"
    changed = parse_sweepjob(body)
    assert sweep.update_spec(changed) is kept
    assert sweep.state.live == {0: trial}
    if kept:
        assert sweep.state.spec is changed


def test_reserved_indices_count_as_created() -> None:
    sweep = state()
    sweep.add_trial(record(2))
    assert sweep.state.slots.free_indices(4) == [0, 1, 3, 4]
    sweep.reserve_slot(Proposal(0, {"lr": 0.1}))
    sweep.reserve_slot(Proposal(3, {"lr": 0.2}))
    assert sweep.state.slots.free_indices(3) == [1, 4, 5]
    assert (sweep.state.slots.created, sweep.state.totals().created) == (1, 3)
    pending = {seen.index: seen.parameters for seen in sweep.state.observations() if not seen.ended}
    assert pending == {2: {"lr": 0.1}, **sweep.state.slots.reserved}
    sweep.add_trial(record(3))
    assert list(sweep.state.slots.reserved) == [0]
    assert sweep.state.slots.free_indices(2) == [1, 4]
    assert (sweep.state.slots.created, sweep.state.totals().created) == (2, 3)


def test_a_lost_summary_causes_one_retry_if_nothing_was_reported() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    ended = {"terminated": {"exitCode": 137}}
    pods = [pod_without_summary(name, ended) for name in ("first", "second")]
    assert pod_view(trial, pods[0]).is_interrupted
    assert interrupt(sweep.trials, trial, pods[0], 5.0)
    assert trial.status.executions[-1].reason == "ReportsLost"
    assert pod_view(trial, pods[0]).is_interrupted
    assert not pod_view(trial, pods[1]).is_interrupted
    heard = sweep.add_trial(record(1))
    sweep.switch_pod(heard, "first", 0.0)
    sweep.ingest_push(heard, push(heard, 1, 0.1), 1.0)
    assert not pod_view(heard, pods[0]).is_interrupted
    assert pod_view(heard, pods[1]).is_interrupted


def pod_without_summary(name: str, sidecar: dict[str, Any]) -> CachedPod:
    done = {"name": "trainer", "state": {"terminated": {"exitCode": 0}}}
    status = {
        "phase": "Succeeded",
        "containerStatuses": [done],
        "initContainerStatuses": [{"name": "sweepjob-sidecar", "state": sidecar}],
    }
    meta = {"name": name, "uid": name, "namespace": "team", "resourceVersion": "1"}
    return parse_pod({"metadata": meta, "spec": {"containers": [done]}, "status": status})
