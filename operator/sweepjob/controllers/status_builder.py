"""Builds the status of a sweep: phase, conditions, counts. It changes nothing, and asks no sampler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import protocol
from ..api import names
from ..api.messages.missing_metric import missing_metric_message
from ..api.meta.cause import Cause
from ..api.phases import SweepPhase, TrialPhase
from ..api.status import BestTrial, Condition, SweepStatus
from ..lifecycle.planner import STOPPED, end_reason, is_over
from ..lifecycle.progress import BLOCKER_REPORT_DELAY
from ..lifecycle.remaining_containers import OUTLIVED, describe
from ..lifecycle.snapshot import SweepSnapshot
from ..lifecycle.workload import StartBlocker
from ..protocol import nested_run
from ..timestamps import parse_time
from .permissions import ScopedRight, missing_rights_message
from .state.sweep_state import MissingMetric, SweepState
from .state.trial_state import TrialState
from .unreadable_records import unreadable_cause

# Seconds that a script may report other metrics before the primary one without a warning: many report a
# training loss every step, and the validation metric once an epoch.
_PATIENCE_FOR_METRIC = 60.0
_INCOMPLETE = "its reports may be incomplete"
_RESTRICTIONS = {protocol.AMBIGUOUS_METRIC: "another metric may have been meant"}


def build_status(
    state: SweepState,
    snap: SweepSnapshot,
    generation: int,
    now: float,
    lacks: Sequence[ScopedRight] = (),
) -> SweepStatus:
    """The status of a sweep.

    Args:
        state: the state of the sweep, which is not changed.
        snap: the same sweep for the planner.
        generation: the generation of the spec that is in force.
        now: seconds since the epoch.
        lacks: permissions that the operator lacks and that matter to this sweep.
    """
    over = is_over(snap, now)
    failure = _failure(state, snap, now) if over else None
    degraded = _degraded(state, now, lacks)
    running = sum(trial.status.phase is TrialPhase.RUNNING for trial in state.live.values())
    conditions = (
        _accepted(state),
        _complete(state, over, failure),
        _failed(failure),
        _suspended(state.spec.suspend and not over),
        degraded,
        *_stalled(state, failure),
    )
    completed = state.written.content.get("completionTime")
    return SweepStatus(
        generation=generation,
        phase=_phase(state, over, failure, blocked=not running and _is_blocked(state, now)),
        reason=_reason(state, failure, degraded),
        conditions=conditions,
        seed=state.seed,
        started=state.started,
        completed=(parse_time(completed) or now) if over else None,
        total=_total(state, over),
        created=state.slots.created,
        running=running,
        queued=len(state.live) - running,
        ended=state.results.ended,
        best=_best(state),
        gpu_used=state.results.gpu_used,
        gpu_saved=state.results.gpu_saved,
        sources=tuple((s.name, s.uid, s.counted) for s in state.sources),
    )


def _total(state: SweepState, over: bool) -> int:
    """A sweep that ended because its space was exhausted has no trials to come."""
    if over and state.proposals.exhausted:
        return state.slots.created
    return state.spec.limits.max_total_trials


def _failure(state: SweepState, snap: SweepSnapshot, now: float) -> Cause | None:
    limit = end_reason(snap, now)
    if limit is not None:
        return None if limit.reason == STOPPED and state.results.best is not None else limit
    useful = (
        state.results.ended[TrialPhase.SUCCEEDED] + state.results.ended[TrialPhase.EARLY_STOPPED]
    )
    if not useful:
        message = f"none of {state.slots.created} trials succeeded"
        return Cause(names.REASON_NONE_SUCCEEDED, message)
    if state.results.best is None:
        blocker = _missing_metric(state)
        message = blocker.message if blocker else "no value was reported"
        return Cause(names.REASON_METRIC_MISSING, message)
    return None


def _phase(state: SweepState, over: bool, failure: Cause | None, *, blocked: bool) -> SweepPhase:
    if over:
        return SweepPhase.COMPLETE if failure is None else SweepPhase.FAILED
    if state.spec.suspend:
        return SweepPhase.SUSPENDED
    return SweepPhase.BLOCKED if blocked else SweepPhase.RUNNING


def _is_blocked(state: SweepState, now: float) -> bool:
    """Whether every trial that exists is kept from starting, or the next one cannot be proposed."""
    if _has_lasted(state.record_blocker, now):
        return True
    live = state.live.values()
    if not live:
        return state.proposals.failure is not None
    return all(t.status.stop is None and _has_lasted(t.blockers.current, now) for t in live)


def _has_lasted(blocker: StartBlocker | None, now: float) -> bool:
    """Whether a blocker has lasted long enough to be reported."""
    return blocker is not None and now >= blocker.since + BLOCKER_REPORT_DELAY


def _reason(state: SweepState, failure: Cause | None, degraded: Condition) -> str:
    """The one word for a column: why it failed, or else what needs attention."""
    if failure is not None:
        return failure.reason
    if state.findings.rejection:
        return names.REASON_INVALID
    return degraded.reason if degraded.holds else ""


def _best(state: SweepState) -> BestTrial | None:
    best = state.results.best
    warning = None if best is None else state.report_warning_of(best.trial)
    if best is None or warning is None:
        return best
    return replace(best, warning=": ".join(warning))


def _accepted(state: SweepState) -> Condition:
    if state.findings.rejection:
        return Condition(names.ACCEPTED, False, names.REASON_INVALID, state.findings.rejection)
    text = "the spec is accepted"
    if state.sources:
        listed = ", ".join(f"{s.counted} trials of {s.name}" for s in state.sources)
        text += f"; it begins with {listed}"
    if state.findings.warnings:
        text += f". Probably not meant: {state.findings.warnings}"
    if state.findings.sidecar_adjustment:
        text += f"; the trials' sidecar has {state.findings.sidecar_adjustment}"
    return Condition(names.ACCEPTED, True, names.REASON_ACCEPTED, text)


def _complete(state: SweepState, over: bool, failure: Cause | None) -> Condition:
    if not over or failure is not None:
        reason = names.REASON_RUNNING if failure is None else failure.reason
        return Condition(names.COMPLETE, False, reason, "the sweep has not been completed")
    exhausted = (
        state.proposals.exhausted and state.slots.created < state.spec.limits.max_total_trials
    )
    reason = names.REASON_EXHAUSTED if exhausted else names.REASON_ALL_TRIALS
    if state.spec.stop:
        reason = names.REASON_STOPPED
    best = state.results.best
    assert best is not None
    unmanaged = sum(record.is_unmanaged for record in state.unreadable.values())
    left_out = f", but for {unmanaged} whose records cannot be read" if unmanaged else ""
    message = (
        f"all {state.slots.created} trials have ended{left_out}; best is {best.trial} with "
        f"{state.spec.objective.primary_metric} {best.value:.6g}"
    )
    warning = state.report_warning_of(best.trial)
    if warning is not None:
        restriction = _RESTRICTIONS.get(warning.reason, _INCOMPLETE)
        message += f", but {restriction}: see its condition {warning.reason}"
    return Condition(names.COMPLETE, True, reason, message)


def _failed(failure: Cause | None) -> Condition:
    if failure is None:
        return Condition(names.FAILED, False, names.REASON_RUNNING, "nothing has ended the sweep")
    return Condition(names.FAILED, True, *failure)


def _stalled(state: SweepState, failure: Cause | None) -> list[Condition]:
    if failure is not None:
        return [Condition(names.STALLED, True, *failure)]
    if state.findings.rejection:
        return [Condition(names.STALLED, True, names.REASON_INVALID, state.findings.rejection)]
    return []


def _suspended(suspended: bool) -> Condition:
    if suspended:
        text = "spec.suspend is true: no new trial is started"
        return Condition(names.SUSPENDED, True, names.REASON_SUSPENDED, text)
    return Condition(names.SUSPENDED, False, names.REASON_NOT_SUSPENDED, "spec.suspend is not set")


def _degraded(state: SweepState, now: float, lacks: Sequence[ScopedRight]) -> Condition:
    cause = _attention(state, now)
    if lacks:
        cause = Cause(names.REASON_NOT_PERMITTED, missing_rights_message(list(lacks)))
    if cause is None:
        text = "no trial needs attention"
        return Condition(names.DEGRADED, False, names.REASON_HEALTHY, text)
    return Condition(names.DEGRADED, True, *cause)


def _attention(state: SweepState, now: float) -> Cause | None:
    """The first thing that needs a person's attention: of live trials in order, then of ended ones."""
    if state.unreadable:
        return unreadable_cause(list(state.unreadable.values()))
    blocker = state.record_blocker
    if blocker is not None and _has_lasted(blocker, now):
        return Cause(blocker.reason, blocker.message)
    if state.proposals.failure is not None:
        return Cause(names.REASON_SAMPLER_FAILED, state.proposals.failure.message)
    if state.findings.policy_failure:
        return Cause(names.REASON_POLICY_FAILED, state.findings.policy_failure)
    for trial in state.live.values():
        found = _attention_of(state, trial, now)
        if found is not None:
            return found
    return _incomplete_reports(state) or _missing_metric(state)


def _attention_of(state: SweepState, trial: TrialState, now: float) -> Cause | None:
    """What needs attention about a live trial."""
    is_stopping = trial.status.stop is not None
    blocker = None if is_stopping else trial.blockers.current
    if blocker is not None and _has_lasted(blocker, now):
        return Cause(blocker.reason, f"trial {trial.name}: {blocker.message}")
    end = None if is_stopping else trial.workload.trainer_end
    if end is not None and now >= end.ended + BLOCKER_REPORT_DELAY:
        message = describe(end, state.spec.trial.companion_grace)
        return Cause(OUTLIVED, f"trial {trial.name}: {message}")
    since = trial.reports.other_metrics_since
    if since is not None and now - since >= _PATIENCE_FOR_METRIC:
        missing = MissingMetric(trial.name, trial.reports.metric_names, trial.log_evidence)
        return _missing_metric_cause(state, missing)
    return None


def _incomplete_reports(state: SweepState) -> Cause | None:
    """Why a trial's reports may be missing: the best one's first, then those of live trials."""
    live = [t.name for t in state.live.values() if t.completeness.warnings]
    best = "" if state.results.best is None else state.results.best.trial
    ended = state.ended_warnings
    found = ((name, state.report_warning_of(name)) for name in (best, *live, *ended.causes))
    name, warning = next(((n, w) for n, w in found if w is not None), ("", None))
    if warning is None:
        return None
    more = len(live) + ended.count - 1
    others = f" Other trials of which reports may be missing: {more}." if more > 0 else ""
    which = ", the best one" if name == best else ""
    return Cause(warning.reason, f"trial {name}{which}: {warning.message}{others}")


def metric_check_due(state: SweepState, now: float) -> float | None:
    """When a live trial that reports only other metrics needs attention, if nothing happens before.

    Args:
        state: the state of the sweep.
        now: seconds since the epoch.

    Returns:
        Seconds since the epoch; None when there is no such trial.
    """
    times = (t.reports.other_metrics_since for t in state.live.values())
    due = [t + _PATIENCE_FOR_METRIC for t in times if t is not None]
    return min((t for t in due if t > now), default=None)


def _missing_metric(state: SweepState) -> Cause | None:
    missing = state.ended_warnings.missing_metric_message
    return None if missing is None else _missing_metric_cause(state, missing)


def _missing_metric_cause(state: SweepState, missing: MissingMetric) -> Cause:
    metric, metrics = state.spec.objective.primary_metric, state.spec.metrics
    nested = nested_run(metric, missing.metric_names)
    if nested is not None:
        return Cause(names.REASON_METRIC_MISSING, _nested_only(missing.trial, metric, nested))
    message = missing_metric_message(
        missing.trial, metric, metrics, missing.metric_names, *missing.log_evidence
    )
    return Cause(names.REASON_METRIC_MISSING, message)


def _nested_only(trial: str, metric: str, run: str) -> str:
    return (
        f"trial {trial}: {metric} was reported only in nested run {run}, which is no report of the "
        f"trial. Let the script log '{metric}' in a run without a parent, such as the one around it."
    )
