"""The fields of a SweepTrial's status that each action of the planner writes. Null removes a field."""

from __future__ import annotations

from typing import Any

from ..api.parsing.float_text import format_float
from ..api.phases import TrialPhase
from ..api.sweeptrial.attempt_history import dump_execution
from ..api.sweeptrial.curve_encoding import curve_patch, dump_curve
from ..api.sweeptrial.held_resources import HeldResources, dump_held
from ..api.sweeptrial.incomplete_reports import dump_incomplete_reasons
from ..api.sweeptrial.log_tail import dump_log_tails
from ..api.sweeptrial.other_metrics import KEY as OTHER_METRICS
from ..api.sweeptrial.other_metrics import dump_other_metrics
from ..api.sweeptrial.pod_states import dump_pod_state
from ..api.sweeptrial.serialization import dump_stop
from ..api.sweeptrial.stop_decision import StopDecision
from ..api.sweeptrial.trial_budget import TrialBudget, dump_budget, with_rung
from ..api.sweeptrial.trial_record import TrialRecord
from ..lifecycle import actions as act
from ..timestamps import format_time
from .state.sweep_state import SweepState
from .state.trial_state import TrialState

_MESSAGE_LIMIT = 4096
_MOST_HELD = 512  # pods of a trial


def truncate_message(message: str) -> str:
    """Return a message as long as the CRD allows."""
    return message[:_MESSAGE_LIMIT]


def stop_fields(
    trial: TrialState, action: act.RecordStop, run_seconds: float, now: float
) -> dict[str, Any]:
    """Return the fields that record a decision to stop or to pause a trial.

    Args:
        trial: a live trial.
        action: the decision.
        run_seconds: how long the trial has run.
        now: the time of the decision.
    """
    held = [dump_held(pod) for pod in _held(trial, now)][:_MOST_HELD]
    fields = {
        "phase": TrialPhase.STOPPING.value,
        "stop": dump_stop(action.stop, format_time(now)),
        "reason": action.stop.reason,
        "message": truncate_message(action.stop.message),
        "held": held or None,
    }
    if action.stop.pauses:  # while its pod still says since when it runs
        fields["runSeconds"] = f"{run_seconds:.0f}"
    return fields


def attempt_fields(trial: TrialState, action: act.RecordRetry) -> dict[str, Any]:
    """Return the fields that record that an attempt ended and another one follows.

    Args:
        trial: a live trial.
        action: the next attempt.
    """
    return {
        "phase": TrialPhase.PENDING.value,
        "attempt": action.attempt,
        "failures": action.failures,
        "job": None,
        "retryAt": None if action.retry_at is None else format_time(action.retry_at),
        "reason": action.reason,
        "message": truncate_message(action.message),
        **_usage(trial, None),
    }


def pause_fields(trial: TrialState, action: act.RecordPause, now: float) -> dict[str, Any]:
    """Return the fields that record that a trial is paused.

    Args:
        trial: a live trial with a recorded decision to pause it.
        action: the attempt that continues it, and the decision.
        now: seconds since the epoch.
    """
    return {
        "phase": TrialPhase.PAUSED.value,
        "attempt": action.attempt,
        "failures": action.failures,
        "job": None,
        "retryAt": None,
        "stop": None,
        "held": None,
        "resumeTime": None,
        "pause": dump_stop(action.pause, format_time(trial.status.stopped_at or now)),
        "reason": action.pause.reason,
        "message": truncate_message(action.pause.message),
        **_usage(trial, None),
    }


def resume_fields(action: act.RecordResume) -> dict[str, Any]:
    """Return the fields that record that a paused trial continues.

    Args:
        action: why it continues.
    """
    return {
        "phase": TrialPhase.PENDING.value,
        "pause": None,
        "reason": action.reason,
        "message": truncate_message(action.message),
    }


def progress_fields(
    trial: TrialState, action: act.RecordProgress, job: str | None
) -> dict[str, Any]:
    """Return the fields that record the phase of a trial that continues.

    Args:
        trial: a live trial.
        action: its phase, and the reason.
        job: name of the attempt's Job.
    """
    return {
        "phase": action.phase.value,
        "attempt": trial.status.attempt,
        "job": job,
        "startTime": _start_time(trial),
        "retryAt": None,
        "reason": action.reason,
        "message": truncate_message(action.message),
    }


def end_fields(
    trial: TrialState,
    action: act.RecordEnd,
    record: TrialRecord | None,
    job: str | None,
    saved: float,
    now: float,
) -> dict[str, Any]:
    """Return the fields that record how a trial ended.

    Args:
        trial: a live trial.
        action: its last phase.
        record: the trial's record as the cache has it; None when it is gone.
        job: name of the attempt's Job.
        saved: GPU-seconds that an early stop saved.
        now: the time of the end.
    """
    fields = {
        "phase": action.phase.value,
        "attempt": trial.status.attempt,
        "job": job,
        "reason": action.reason,
        "message": truncate_message(action.message),
        "startTime": _start_time(trial),
        "completionTime": format_time(now),
        **_usage(trial, saved),
    }
    if trial.status.stop is not None:
        fields["held"] = None
    # A decision to pause the trial may be recorded though no answer said so; the trainer ended on its
    # own before it was carried out.
    stops = (trial.status.stop, None if record is None else record.stop)
    if any(stop is not None and stop.pauses for stop in stops):
        fields["stop"] = None
    if trial.status.pause:
        fields["pause"] = None
    return fields


def result_fields(state: SweepState, trial: TrialState) -> dict[str, Any]:
    """Return the values of a trial that is compared by several metrics.

    Args:
        state: the state of the trial's sweep.
        trial: a live trial.
    """
    criteria, values = state.criteria, state.values_of(trial)
    if criteria.is_plain:
        return {}
    dumped = {n: format_float(values[n]) if n in values else None for n in criteria.metrics}
    if not criteria.constraints:
        return {"values": dumped}
    return {"values": dumped, "feasible": criteria.outcome(values).is_feasible}


def budget_fields(
    state: SweepState, trial: TrialState, stop: StopDecision | None = None
) -> dict[str, Any]:
    """Return the budget of a trial that is run again with larger ones.

    Args:
        state: the state of the trial's sweep.
        trial: a live trial.
        stop: a decision about it that is about to be recorded; None without one.
    """
    rungs, current = trial.rungs, state.budget_of(trial)
    if stop is not None and stop.pauses:
        rungs = with_rung(rungs, stop)
        current = state.budget_after(trial.index, rungs)
    if current is None:
        return {}
    return {"budget": dump_budget(TrialBudget(state.spec.budget_parameter, current, rungs))}


def pending_fields(trial: TrialState, record: TrialRecord) -> dict[str, Any]:
    """Return the fields that every write brings up to date.

    Args:
        trial: a live trial.
        record: the trial's record as the cache has it.
    """
    fields = _report_fields(trial, record)
    since = trial.workload.training_since
    if trial.status.ran and since is not None and trial.status.stop is None:
        fields["resumeTime"] = format_time(since)
    if trial.status.executions:
        fields["executions"] = [dump_execution(e) for e in trial.status.executions]
        fields["disruptions"] = trial.status.disruptions
    if trial.workload.pods:
        fields["pods"] = [dump_pod_state(pod) for pod in trial.workload.pods]
    if trial.log_tails:
        fields["logs"] = dump_log_tails(trial.log_tails)
    kept = trial.completeness.warnings
    if kept or record.incomplete_reasons:
        fields["conditions"] = dump_incomplete_reasons(kept)
    return fields


def _report_fields(trial: TrialState, record: TrialRecord) -> dict[str, Any]:
    """Return the curve, the other metrics, and what stands in for a curve that is empty."""
    reports, fields = trial.reports, dict[str, Any]()
    if reports.received > trial.writes.reports or trial.writes.pending_since is not None:
        numbers = (*reports.log_position, reports.received, reports.steps)
        dumped = dump_curve(reports.curve, reports.pod, *numbers, is_final=reports.is_final)
        fields["curve"] = curve_patch(dumped)
        if reports.other_metrics or record.other_metrics:
            fields[OTHER_METRICS] = dump_other_metrics(reports.other_metrics)
    if reports.metric_names:
        fields["metricsSeen"] = list(reports.metric_names)
    samples = [] if reports.curve.count else list(reports.log_samples)
    if samples or record.log_samples:
        fields["logSamples"] = samples
    return fields


def _held(trial: TrialState, now: float) -> list[HeldResources]:
    """Return what the running pods of a trial hold."""
    pods = trial.usage.by_pod.items()
    return [
        HeldResources(uid, pod.gpus, pod.rate, pod.since, now)
        for uid, pod in pods
        if pod.until is None
    ]


def _start_time(trial: TrialState) -> str | None:
    started = trial.status.started
    return None if started is None else format_time(started)


def _usage(trial: TrialState, saved: float | None) -> dict[str, Any]:
    """Return what the trial's ended pods used and cost; no cost where nothing has a price."""
    usage, cost = trial.usage, trial.usage.cost.ended
    gpu: dict[str, Any] = {
        "count": f"{usage.gpu_count:g}",
        "used": f"{usage.total_gpu_seconds:.0f}",
        "byResource": {name: f"{used:.0f}" for name, used in usage.gpu_seconds.items()},
    }
    if saved is not None:
        gpu["saved"] = f"{saved:.0f}"
    return {"gpuSeconds": gpu, **({"cost": f"{cost:.6f}"} if cost else {})}
