"""What the status of a sweep says: phase, conditions, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .. import protocol
from ..api import names
from ..api.missing_metric import missing_metric_message
from ..api.phases import TrialPhase
from ..api.status import BestTrial, Condition, SweepStatus
from ..api.times import parse_time
from ..lifecycle.companions import OUTLIVED, describe
from ..lifecycle.observed import StartBlocker
from ..lifecycle.planner import STOPPED, is_over, reason_to_end
from ..lifecycle.snapshot import Snapshot
from ..lifecycle.startup import PATIENCE
from ..protocol import nested_run
from .rights import Lack, message_for_sweep
from .sweep_store import SweepState
from .unreadable_records import unreadable_trouble

# How long a script may report other metrics before the primary one without being suspect: many
# report a training loss every step and the validation metric once an epoch.
_PATIENCE_FOR_METRIC = 60.0
_DOUBTFUL = "its reports may be incomplete"
_DOUBTS = {protocol.AMBIGUOUS_METRIC: "another metric may have been meant"}


def overview(
    state: SweepState,
    snap: Snapshot,
    generation: int,
    now: float,
    lacks: Sequence[Lack] = (),
) -> SweepStatus:
    """What the status of the sweep is to say.

    Args:
        lacks: rights that the operator lacks and that the sweep is concerned by.
    """
    over = is_over(snap, now)
    failure = _failure(state, snap, now) if over else None
    degraded = _degraded(state, now, lacks)
    running = sum(trial.phase is TrialPhase.RUNNING for trial in state.live.values())
    conditions = (
        _accepted(state),
        _complete(state, over, failure),
        _failed(failure),
        _suspended(state.spec.suspend and not over),
        degraded,
        *_stalled(state, failure),
    )
    completed = state.status.get("completionTime")
    return SweepStatus(
        generation=generation,
        phase=_phase(state, over, failure, blocked=not running and _is_blocked(state, now)),
        reason=_reason(state, failure, degraded),
        conditions=conditions,
        seed=state.seed,
        started=state.started,
        completed=(parse_time(completed) or now) if over else None,
        total=_total(state, over),
        created=state.created,
        running=running,
        queued=len(state.live) - running,
        ended=state.ended,
        best=_best(state),
        gpu_used=state.gpu_used,
        gpu_saved=state.gpu_saved,
        sources=tuple((s.name, s.uid, s.counted) for s in state.sources),
    )


def _total(state: SweepState, over: bool) -> int:
    """A sweep that ended because its space was exhausted has no trials to come."""
    return state.created if over and state.exhausted else state.spec.limits.max_total_trials


def _failure(state: SweepState, snap: Snapshot, now: float) -> tuple[str, str] | None:
    limit = reason_to_end(snap, now)
    if limit is not None:
        return None if limit[0] == STOPPED and state.best is not None else limit
    useful = state.ended[TrialPhase.SUCCEEDED] + state.ended[TrialPhase.EARLY_STOPPED]
    if not useful:
        return names.REASON_NONE_SUCCEEDED, f"none of {state.created} trials succeeded"
    if state.best is None:
        trouble = _missing_metric(state)
        return names.REASON_METRIC_MISSING, trouble.message if trouble else "no value was reported"
    return None


def _phase(state: SweepState, over: bool, failure: tuple[str, str] | None, *, blocked: bool) -> str:
    if over:
        return "Complete" if failure is None else "Failed"
    if state.spec.suspend:
        return "Suspended"
    return "Blocked" if blocked else "Running"


def _is_blocked(state: SweepState, now: float) -> bool:
    """Whether something is in the way of every trial that there is."""
    if _is_known(state.refused, now):
        return True
    live = state.live.values()
    return bool(live) and all(t.stop is None and _is_known(t.start_blocker, now) for t in live)


def _is_known(trouble: StartBlocker | None, now: float) -> bool:
    return trouble is not None and now >= trouble.since + PATIENCE


def _reason(state: SweepState, failure: tuple[str, str] | None, degraded: Condition) -> str:
    """The one word for a column: why it failed, or else what needs a person."""
    if failure is not None:
        return failure[0]
    if state.problem:
        return names.REASON_INVALID
    return degraded.reason if degraded.holds else ""


def _best(state: SweepState) -> BestTrial | None:
    doubt = None if state.best is None else state.doubt_of(state.best.trial)
    if state.best is None or doubt is None:
        return state.best
    return replace(state.best, warning=": ".join(doubt))


def _accepted(state: SweepState) -> Condition:
    if state.problem:
        return Condition(names.ACCEPTED, False, names.REASON_INVALID, state.problem)
    text = "the spec is understood"
    if state.sources:
        listed = ", ".join(f"{s.counted} trials of {s.name}" for s in state.sources)
        text += f"; it begins with {listed}"
    if state.warnings:
        text += f". Probably not meant: {state.warnings}"
    if state.fitted:
        text += f"; the trials' sidecar has {state.fitted}"
    return Condition(names.ACCEPTED, True, names.REASON_ACCEPTED, text)


def _complete(state: SweepState, over: bool, failure: tuple[str, str] | None) -> Condition:
    if not over or failure is not None:
        reason = names.REASON_RUNNING if failure is None else failure[0]
        return Condition(names.COMPLETE, False, reason, "the sweep has not been completed")
    exhausted = state.exhausted and state.created < state.spec.limits.max_total_trials
    reason = names.REASON_EXHAUSTED if exhausted else names.REASON_ALL_TRIALS
    if state.spec.stop:
        reason = names.REASON_STOPPED
    best = state.best
    assert best is not None
    held = sum(record.is_held for record in state.unreadable.values())
    left_out = f", but for {held} whose records cannot be read" if held else ""
    message = (
        f"all {state.created} trials have ended{left_out}; best is {best.trial} with "
        f"{state.spec.objective.primary_metric} {best.value:.6g}"
    )
    doubt = state.doubt_of(best.trial)
    if doubt is not None:
        message += f", but {_DOUBTS.get(doubt[0], _DOUBTFUL)}: see its condition {doubt[0]}"
    return Condition(names.COMPLETE, True, reason, message)


def _failed(failure: tuple[str, str] | None) -> Condition:
    if failure is None:
        return Condition(names.FAILED, False, names.REASON_RUNNING, "nothing has ended the sweep")
    return Condition(names.FAILED, True, *failure)


def _stalled(state: SweepState, failure: tuple[str, str] | None) -> list[Condition]:
    if failure is not None:
        return [Condition(names.STALLED, True, *failure)]
    if state.problem:
        return [Condition(names.STALLED, True, names.REASON_INVALID, state.problem)]
    return []


def _suspended(suspended: bool) -> Condition:
    if suspended:
        text = "spec.suspend is true: no new trial is started"
        return Condition(names.SUSPENDED, True, names.REASON_SUSPENDED, text)
    return Condition(names.SUSPENDED, False, names.REASON_NOT_SUSPENDED, "spec.suspend is not set")


def _degraded(state: SweepState, now: float, lacks: Sequence[Lack]) -> Condition:
    trouble = _trouble(state, now)
    if lacks:
        trouble = StartBlocker(names.REASON_NOT_PERMITTED, message_for_sweep(list(lacks)))
    if trouble is None:
        text = "no trial needs attention"
        return Condition(names.DEGRADED, False, names.REASON_HEALTHY, text)
    return Condition(names.DEGRADED, True, trouble.reason, trouble.message)


def _trouble(state: SweepState, now: float) -> StartBlocker | None:
    """The first thing that needs a person's eye, live trials in order, then ended ones."""
    if state.unreadable:
        return unreadable_trouble(list(state.unreadable.values()))
    if state.refused is not None and _is_known(state.refused, now):
        return state.refused
    for trial in state.live.values():
        found = trial.start_blocker if trial.stop is None else None
        if found is not None and _is_known(found, now):
            return StartBlocker(found.reason, f"trial {trial.name}: {found.message}")
        end = trial.trainer_end if trial.stop is None else None
        if end is not None and now >= end.ended + PATIENCE:
            held = describe(end, state.spec.trial.companion_grace)
            return StartBlocker(OUTLIVED, f"trial {trial.name}: {held}")
        since = trial.other_metrics_since
        if since is not None and now - since >= _PATIENCE_FOR_METRIC:
            return _metric_trouble(state, trial.name, trial.seen, trial.log_evidence)
    return _doubted(state) or _missing_metric(state)


def _doubted(state: SweepState) -> StartBlocker | None:
    """Why a trial's reports may be missing: the best one's first, then those that go on."""
    live = [trial.name for trial in state.live.values() if trial.incomplete_reasons]
    best = "" if state.best is None else state.best.trial
    found = ((name, state.doubt_of(name)) for name in (best, *live, *state.doubted))
    name, doubt = next(((n, d) for n, d in found if d is not None), ("", None))
    if doubt is None:
        return None
    more = len(live) + state.doubted_count - 1
    others = f" Other trials of which reports may be missing: {more}." if more > 0 else ""
    reason, message = doubt
    return StartBlocker(
        reason, f"trial {name}{', the best one' if name == best else ''}: {message}{others}"
    )


def metric_check_due(state: SweepState, now: float) -> float | None:
    """When a trial that reports other metrics only becomes suspect, if nothing happens before."""
    times = (t.other_metrics_since for t in state.live.values())
    due = [t + _PATIENCE_FOR_METRIC for t in times if t is not None]
    return min((t for t in due if t > now), default=None)


def _missing_metric(state: SweepState) -> StartBlocker | None:
    if state.without_metric is None:
        return None
    return _metric_trouble(state, *state.without_metric, state.without_metric_log)


def _metric_trouble(
    state: SweepState,
    trial: str,
    seen: tuple[str, ...],
    log: tuple[tuple[str, ...], tuple[str, ...]],
) -> StartBlocker:
    metric, metrics = state.spec.objective.primary_metric, state.spec.metrics
    nested = nested_run(metric, seen)
    if nested is not None:
        return StartBlocker(names.REASON_METRIC_MISSING, _nested_only(trial, metric, nested))
    message = missing_metric_message(trial, metric, metrics, seen, *log)
    return StartBlocker(names.REASON_METRIC_MISSING, message)


def _nested_only(trial: str, metric: str, run: str) -> str:
    return (
        f"trial {trial}: {metric} was reported only in nested run {run}, which is no report of the "
        f"trial. Let the script log '{metric}' in a run without a parent, such as the one around it."
    )
