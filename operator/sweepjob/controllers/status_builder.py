"""Builds the status of a sweep: phase, conditions, counts. It changes nothing, and asks no sampler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..api import names
from ..api.messages.no_result import first_failure, no_success_message, non_finite_message
from ..api.meta.cause import Cause
from ..api.phases import SweepPhase, TrialPhase
from ..api.status import BestTrial, Condition, SweepStatus
from ..lifecycle.planner import FAILED_TRIALS, STOPPED, end_reason, is_over, nothing_else_runs
from ..lifecycle.snapshot import SweepSnapshot
from ..timestamps import parse_time
from .degraded_condition import degraded_condition, has_lasted, missing_metric
from .permissions import ScopedPermission
from .result_status import no_complete_trial, no_feasible_trial, pareto_status, result_counts
from .state.sweep_state import SweepState
from .status_conditions import (
    accepted_condition,
    complete_condition,
    failed_condition,
    stalled_condition,
    suspended_condition,
)

_BY_RESULT = (names.REASON_TARGET_REACHED, names.REASON_NO_IMPROVEMENT)
_BY_USAGE = (names.REASON_MAX_GPU_HOURS, names.REASON_MAX_COST)
_SHOWN = (*_BY_RESULT, *_BY_USAGE, names.REASON_TRIALS_PAUSED)  # as the reason in a column
_MOST_NAMES = 5


def build_status(
    state: SweepState,
    snap: SweepSnapshot,
    generation: int,
    now: float,
    missing_permissions: Sequence[ScopedPermission] = (),
) -> SweepStatus:
    """Return the status of a sweep.

    Args:
        state: the state of the sweep, which is not changed.
        snap: the same sweep for the planner.
        generation: the generation of the spec that is in force.
        now: seconds since the epoch.
        missing_permissions: permissions that the operator lacks and that matter to this sweep.
    """
    over = is_over(snap, now)
    limit = end_reason(snap, now) if over else None
    failure = _failure(state, limit) if over else None
    degraded = degraded_condition(state, now, missing_permissions)
    running = sum(trial.status.phase is TrialPhase.RUNNING for trial in state.live.values())
    waits = _waits_for_person(state, snap)
    blocked = waits is not None or (not running and _is_blocked(state, now))
    conditions = (
        accepted_condition(state),
        complete_condition(state, over, failure, limit, waits),
        failed_condition(failure),
        suspended_condition(state.spec.suspend and not over),
        degraded,
        *stalled_condition(state, failure),
    )
    completed = state.written.content.get("completionTime")
    return SweepStatus(
        generation=generation,
        phase=_phase(state, over, failure, blocked=blocked),
        reason=_reason(state, failure, degraded, limit or waits),
        conditions=conditions,
        seed=state.seed,
        started=state.started,
        completed=(parse_time(completed) or now) if over else None,
        total=_total(state, over),
        created=state.slots.created,
        running=running,
        queued=len(state.live) - running - len(state.paused),
        paused=len(state.paused),
        ended=state.results.ended,
        best=_best(state),
        gpu_used=state.results.gpu_used,
        gpu_saved=state.results.gpu_saved,
        cost=state.results.cost,
        sources=tuple((s.name, s.uid, s.counted) for s in state.sources if s.uid),
        results_read=tuple((s.name, s.digest, s.counted) for s in state.sources if s.digest),
        code=state.code,
        pareto=pareto_status(state),
        results=result_counts(state),
    )


def _waits_for_person(state: SweepState, snap: SweepSnapshot) -> Cause | None:
    """Return that only trials are left that a person keeps paused; None while others are."""
    held = sorted(state.paused.held)
    if not held or state.paused.recalled or not nothing_else_runs(snap):
        return None
    names_of = ", ".join(state.live[index].name for index in held[:_MOST_NAMES])
    more = f" and {len(held) - _MOST_NAMES} more" if len(held) > _MOST_NAMES else ""
    message = (
        f"the sweep waits for trials that a person has paused: {names_of}{more}. Let them continue with "
        "kubectl sweepjob resume TRIAL, or end them with kubectl sweepjob stop TRIAL"
    )
    return Cause(names.REASON_TRIALS_PAUSED, message)


def _total(state: SweepState, over: bool) -> int:
    """Return the number of trials; a sweep whose search space was exhausted has no trials to come."""
    if over and state.proposals.exhausted:
        return state.slots.created
    return state.spec.limits.max_total_trials


def _failure(state: SweepState, limit: Cause | None) -> Cause | None:
    """Return why a sweep that has ended failed; None if it did not."""
    if _is_target_result(state, limit):
        return None
    if limit is not None and limit.reason not in _BY_RESULT:
        if limit.reason == FAILED_TRIALS:
            return Cause(limit.reason, limit.message + first_failure(*_first_failed(state)))
        keeps_result = limit.reason in (STOPPED, *_BY_USAGE) and state.has_result
        return None if keeps_result else limit
    useful = (
        state.results.ended[TrialPhase.SUCCEEDED] + state.results.ended[TrialPhase.EARLY_STOPPED]
    )
    if not useful:
        ended = {phase.value: count for phase, count in sorted(state.results.ended.items())}
        message = no_success_message(ended, *_first_failed(state))
        return Cause(names.REASON_NONE_SUCCEEDED, message)
    if state.has_result:
        return None
    if state.criteria.is_plain:
        return missing_metric(state) or _no_finite_value(state)
    return no_feasible_trial(state) or missing_metric(state) or no_complete_trial(state)


def _is_target_result(state: SweepState, limit: Cause | None) -> bool:
    """Return whether the sweep reached its target, by trials that did not all fail."""
    ended = state.results.ended
    tried = ended[TrialPhase.SUCCEEDED] + ended[TrialPhase.EARLY_STOPPED]
    reached = limit is not None and limit.reason == names.REASON_TARGET_REACHED
    return reached and (tried > 0 or not ended[TrialPhase.FAILED])


def _first_failed(state: SweepState) -> tuple[str, str]:
    """Return the name of the first failed trial and why it failed; empty strings without one."""
    failed = state.ended_warnings.first_failure
    return ("", "") if failed is None else (failed.name, failed.message)


def _no_finite_value(state: SweepState) -> Cause:
    metric, found = state.spec.objective.primary_metric, state.ended_warnings.first_non_finite
    if found is None:  # the records of all trials with a value are unreadable, or lost theirs
        message = f"no trial has a value of '{metric}' in its record"
    else:
        message = non_finite_message(found.name, metric, found.count, found.last)
    return Cause(names.REASON_METRIC_MISSING, message)


def _phase(state: SweepState, over: bool, failure: Cause | None, *, blocked: bool) -> SweepPhase:
    if over:
        return SweepPhase.COMPLETE if failure is None else SweepPhase.FAILED
    if state.spec.suspend:
        return SweepPhase.SUSPENDED
    return SweepPhase.BLOCKED if blocked else SweepPhase.RUNNING


def _is_blocked(state: SweepState, now: float) -> bool:
    """Return whether no existing trial can start, or the next one cannot be proposed."""
    if has_lasted(state.slots.record_blocker, now):
        return True
    live = state.live.values()
    if not live:
        return state.proposals.failure is not None
    return all(t.status.stop is None and has_lasted(t.blockers.current, now) for t in live)


def _reason(
    state: SweepState, failure: Cause | None, degraded: Condition, limit: Cause | None
) -> str:
    """Return the one word for a column: why it failed, what needs attention, or why it ended early."""
    if failure is not None:
        return failure.reason
    if state.findings.rejection:
        return names.REASON_INVALID
    if degraded.holds:
        return degraded.reason
    return limit.reason if limit is not None and limit.reason in _SHOWN else ""


def _best(state: SweepState) -> BestTrial | None:
    best = state.results.best
    warning = None if best is None else state.doubt_about(best.trial)
    if best is None or warning is None:
        return best
    return replace(best, warning=": ".join(warning))
