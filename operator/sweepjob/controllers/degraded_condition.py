"""What needs a person's attention: the condition ``Degraded``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..api import names
from ..api.messages.missing_metric import missing_metric_message
from ..api.meta.cause import Cause
from ..api.status import Condition
from ..lifecycle.progress_update import BLOCKER_REPORT_DELAY
from ..lifecycle.remaining_containers import OUTLIVED, describe
from ..lifecycle.workload import StartBlocker
from ..protocol import nested_run
from .permissions import ScopedPermission, missing_permissions_message
from .result_status import missing_result
from .state.ended_trial_warnings import MissingMetric
from .state.sweep_state import SweepState
from .state.trial_state import TrialState, importance, means_loss
from .unreadable_records import unreadable_cause

# Seconds that a script may report other metrics before the primary one without a warning: many report a
# training loss every step, and the validation metric once an epoch.
_MISSING_METRIC_DELAY = 60.0
_LONGEST_ERROR, _NAMED = 500, 5  # characters of an error, fields in a message
_TWO_OPERATORS = (
    "another operator, which takes reports at {url}, creates Jobs for this sweep as well. Each of them "
    "gets the reports of its own Jobs, so policies and samplers do not see all: uninstall one of them, "
    "or set watchNamespaces so that each has namespaces of its own"
)
_DROPS_FIELDS = (
    "the CRD of SweepTrials is of an earlier version and drops {fields}, so that an operator that "
    "restarts does not have them: upgrade the CRDs"
)
_REFUSES_STATUS = (
    "the status of trial {trial} cannot be written: {error}. If the CRD of SweepTrials is of an earlier "
    "version than the operator, upgrade the CRDs"
)
_CUT_OFF = (
    "its pod started with a certificate authority that the operator's certificate is no longer signed "
    "by, so its reports arrive only when it ends: no policy stops it meanwhile, and of many reports only "
    "the newest are recorded. Let it end, or start it again: kubectl sweepjob stop {trial}, then retry"
)


def degraded_condition(
    state: SweepState, now: float, missing_permissions: Sequence[ScopedPermission]
) -> Condition:
    """Return the condition ``Degraded``, with the most important cause.

    Args:
        state: the state of the sweep.
        now: seconds since the epoch.
        missing_permissions: permissions that the operator lacks and that affect this sweep.
    """
    cause = _attention(state, now)
    if missing_permissions:
        cause = Cause(
            names.REASON_NOT_PERMITTED, missing_permissions_message(list(missing_permissions))
        )
    if cause is None:
        text = "no trial needs attention"
        return Condition(names.DEGRADED, False, names.REASON_HEALTHY, text)
    return Condition(names.DEGRADED, True, *cause)


def metric_check_due(state: SweepState, now: float) -> float | None:
    """Return when a live trial that reports only other metrics will need attention.

    Args:
        state: the state of the sweep.
        now: seconds since the epoch.

    Returns:
        Seconds since the epoch; None when there is no such trial.
    """
    times = (t.reports.other_metrics_since for t in state.live.values())
    due = [t + _MISSING_METRIC_DELAY for t in times if t is not None]
    return min((t for t in due if t > now), default=None)


def has_lasted(blocker: StartBlocker | None, now: float) -> bool:
    """Return whether a blocker has lasted long enough to be reported."""
    return blocker is not None and now >= blocker.since + BLOCKER_REPORT_DELAY


def _attention(state: SweepState, now: float) -> Cause | None:
    """Return the first cause that needs attention: of live trials in order, then of ended ones."""
    if state.unreadable:
        return unreadable_cause(list(state.unreadable.values()))
    if state.findings.other_operator:
        return Cause(
            names.REASON_OTHER_OPERATOR, _TWO_OPERATORS.format(url=state.findings.other_operator)
        )
    if (crd := _outdated_crd(state)) is not None:
        return crd
    blocker = state.slots.record_blocker
    if blocker is not None and has_lasted(blocker, now):
        return Cause(blocker.reason, blocker.message)
    if state.proposals.failure is not None:
        return Cause(names.REASON_SAMPLER_FAILED, state.proposals.failure.message)
    if state.findings.policy_failure:
        return Cause(names.REASON_POLICY_FAILED, state.findings.policy_failure)
    for trial in state.live.values():
        found = _attention_of(state, trial, now)
        if found is not None:
            return found
    return _incomplete_reports(state) or missing_metric(state) or missing_result(state)


def _outdated_crd(state: SweepState) -> Cause | None:
    """Return what the CRD of SweepTrials does not store; None where it stores everything."""
    findings = state.findings
    for trial, error in findings.refused_statuses.items():
        text = _REFUSES_STATUS.format(trial=trial, error=error[:_LONGEST_ERROR])
        return Cause(names.REASON_CRD_OUTDATED, text)
    if findings.dropped_fields:
        named = sorted(findings.dropped_fields)
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        text = _DROPS_FIELDS.format(fields=", ".join(named[:_NAMED]) + more)
        return Cause(names.REASON_CRD_OUTDATED, text)
    return None


def _attention_of(state: SweepState, trial: TrialState, now: float) -> Cause | None:
    """Return what needs attention about a live trial."""
    is_stopping = trial.status.stop is not None
    blocker = None if is_stopping else trial.blockers.current
    if blocker is not None and has_lasted(blocker, now):
        return Cause(blocker.reason, f"trial {trial.name}: {blocker.message}")
    end = None if is_stopping else trial.workload.trainer_end
    if end is not None and now >= end.ended + BLOCKER_REPORT_DELAY:
        message = describe(end, state.spec.trial.companion_grace)
        return Cause(OUTLIVED, f"trial {trial.name}: {message}")
    if trial.workload.is_cut_off and not is_stopping:
        return Cause(
            names.REASON_INTAKE_AUTHORITY,
            f"trial {trial.name}: {_CUT_OFF.format(trial=trial.name)}",
        )
    since = trial.reports.other_metrics_since
    if since is not None and now - since >= _MISSING_METRIC_DELAY:
        missing = MissingMetric(trial.name, trial.reports.metric_names, trial.log_evidence)
        return _missing_metric_cause(state, missing)
    return None


def _incomplete_reports(state: SweepState) -> Cause | None:
    """Return the most important warning about reports: of the best trial, of live ones, of ended ones."""
    firsts = {t.name: t.completeness.first_warning for t in state.live.values()}
    live = {name: warning for name, warning in firsts.items() if warning is not None}
    best = "" if state.results.best is None else state.results.best.trial
    ended = state.ended_warnings
    of_best = state.report_warning_of(best)
    every = {**({} if of_best is None else {best: of_best}), **live, **ended.causes}
    if not every:
        return None
    name = min(every, key=lambda trial: importance(every[trial].reason))
    warning, counts = every[name], ended.counts + Counter(w.reason for w in live.values())
    if means_loss(warning.reason):
        what, more = "possibly missing reports", sum(n for r, n in counts.items() if means_loss(r))
    else:
        what, more = f"condition {warning.reason}", counts[warning.reason]
    others = f" Number of other trials with {what}: {more - 1}." if more > 1 else ""
    which = ", the best one" if name == best else ""
    return Cause(warning.reason, f"trial {name}{which}: {warning.message}{others}")


def missing_metric(state: SweepState) -> Cause | None:
    """Return why an ended trial has no value of the primary metric; None if all have one."""
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
        f"trial {trial}: {metric} was reported only in nested run {run}, which does not count. "
        f"Log '{metric}' in a run without a parent, such as the enclosing run."
    )
