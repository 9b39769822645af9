"""From the caches and the memory of a sweep to the values that decisions are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ..domain.plan.observed import Job, Pod, Trouble
from ..domain.plan.planner import STOPPED, free_slots, is_over, reason_to_end
from ..domain.plan.snapshot import Phase, Snapshot, Trial
from ..domain.plan.waiting import PATIENCE
from ..resources import names
from ..resources.pods import PodRecord
from ..resources.status import Condition, Overview
from ..resources.times import parse_time
from .caches import Caches
from .settings import Settings
from .sweep_state import SweepState
from .trial_state import TrialState

V = TypeVar("V", Pod, Job)
# How long a script may report other metrics before the primary one without being suspect: many
# report a training loss every step and the validation metric once an epoch.
_PATIENCE_FOR_METRIC = 60.0


def of_sweep(state: SweepState, settings: Settings, most: int | None = None) -> Snapshot:
    """The sweep with as many proposals as there are free slots.

    Args:
        most: as many proposals at most; None for what is wanted.
    """
    seen = without_proposals(state, settings)
    wanted = free_slots(seen) if most is None else min(free_slots(seen), most)
    proposals = state.proposals(wanted)
    return replace(seen, proposals=proposals, exhausted=state.exhausted)


def without_proposals(state: SweepState, settings: Settings) -> Snapshot:
    """The sweep as a look at one of its trials needs it."""
    spec = state.spec
    # What a trial that ends now has shown is to count for the one that takes its place.
    vacated = 0 if state.sampler.learns else len(state.leaving)
    return Snapshot(
        limits=spec.limits,
        started=state.started,
        suspended=spec.suspend,
        stopped=spec.stop,
        node_patience=settings.node_patience,
        max_retries=spec.trial.max_retries,
        occupied=len(state.live) + len(state.reserved),
        totals=state.totals(),
        vacated=vacated,
        failing=sum(phase is Phase.FAILED for phase in state.leaving.values()),
    )


def of_trial(
    state: SweepState,
    trial: TrialState,
    caches: Caches,
    interval: Callable[[], float],
    is_read: Callable[[PodRecord], bool],
) -> Trial:
    """A live trial: its record, what was decided about it, and what runs for it.

    Args:
        interval: tells the seconds between two writes of a curve, at least.
        is_read: whether all reports of a pod that has ended have been taken in; before, it counts
            as running.
    """
    key = (state.namespace, trial.name)
    jobs = [j.view for j in caches.jobs_of(key) if j.owner == trial.uid]
    pods = [p for p in caches.pods_of(key, trial.uid) if p.attempt == trial.attempt]
    trial.trouble = _trouble_of(trial, pods)
    state.crowded |= trial.trouble is not None and trial.trouble.waits
    return Trial(
        index=trial.index,
        name=trial.name,
        uid=trial.uid,
        phase=trial.phase,
        reason=trial.reason,
        attempt=trial.attempt,
        failures=trial.failures,
        launched=trial.launched,
        launch_at=trial.launch_at,
        stop=trial.stop,
        verdict=trial.verdict,
        progress_due=_progress_due(trial, interval),
        trouble=trial.trouble,
        interruption=trial.interruption,
        jobs=tuple(_seen(job, trial) for job in jobs if job.attempt == trial.attempt),
        pods=tuple(_seen(_counted(pod, trial, state, is_read), trial) for pod in pods),
    )


def _progress_due(trial: TrialState, interval: Callable[[], float]) -> float | None:
    if trial.unwritten_since is None:
        return None
    return max(trial.unwritten_since, trial.written) + trial.write_interval(interval())


def _trouble_of(trial: TrialState, pods: Sequence[PodRecord]) -> Trouble | None:
    """What keeps a trial from getting going; nothing does while its trainer runs."""
    if any(pod.view.started is not None for pod in pods if not pod.view.is_terminal):
        return None
    return trial.refused or _first(pods)


def _counted(
    pod: PodRecord, trial: TrialState, state: SweepState, is_read: Callable[[PodRecord], bool]
) -> Pod:
    """Whether a pod has ended, as far as the sweep is concerned: a moment before Kubernetes says so where
    there is room enough, and not before all its reports have been taken in."""
    view = trial.view_of(pod)
    if pod.spent and not state.crowded:
        view = replace(view, succeeded=True)
    unread = view.is_terminal and not view.is_interrupted and not is_read(pod)
    return replace(view, succeeded=None) if unread else view


def _seen(view: V, trial: TrialState) -> V:
    """With our own deletion in it, which the cache may not show yet."""
    return replace(view, deleting=True) if view.uid in trial.deleted else view


def overview(state: SweepState, snap: Snapshot, generation: int, now: float) -> Overview:
    """What the status of the sweep is to say."""
    over = is_over(snap, now)
    failure = _failure(state, snap, now) if over else None
    running = sum(trial.phase is Phase.RUNNING for trial in state.live.values())
    conditions = (
        _accepted(state),
        _complete(state, over, failure),
        _failed(failure),
        _suspended(state.spec.suspend and not over),
        _degraded(state, now),
        *_stalled(state, failure),
    )
    completed = state.status.get("completionTime")
    return Overview(
        generation=generation,
        phase=_phase(state, over, failure),
        conditions=conditions,
        seed=state.seed,
        started=state.started,
        completed=(parse_time(completed) or now) if over else None,
        total=_total(state, over),
        created=state.created,
        running=running,
        queued=len(state.live) - running,
        ended=state.ended,
        best=state.best,
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
    useful = state.ended[Phase.SUCCEEDED] + state.ended[Phase.EARLY_STOPPED]
    if not useful:
        return names.REASON_NONE_SUCCEEDED, f"none of {state.created} trials succeeded"
    if state.best is None:
        trouble = _missing_metric(state)
        return names.REASON_METRIC_MISSING, trouble.message if trouble else "no value was reported"
    return None


def _phase(state: SweepState, over: bool, failure: tuple[str, str] | None) -> str:
    if over:
        return "Complete" if failure is None else "Failed"
    return "Suspended" if state.spec.suspend else "Running"


def _accepted(state: SweepState) -> Condition:
    if state.problem:
        return Condition(names.ACCEPTED, False, names.REASON_INVALID, state.problem)
    text = "the spec is understood"
    if state.sources:
        listed = ", ".join(f"{s.counted} trials of {s.name}" for s in state.sources)
        text += f"; it begins with {listed}"
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
    message = (
        f"all {state.created} trials have ended; best is {best.trial} with "
        f"{state.spec.objective.primary_metric} {best.value:.6g}"
    )
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


def _degraded(state: SweepState, now: float) -> Condition:
    trouble = _trouble(state, now)
    if trouble is None:
        text = "no trial needs attention"
        return Condition(names.DEGRADED, False, names.REASON_HEALTHY, text)
    return Condition(names.DEGRADED, True, trouble.reason, trouble.message)


def _trouble(state: SweepState, now: float) -> Trouble | None:
    """The first thing that needs a person's eye, live trials in order, then ended ones."""
    if state.refused is not None and now >= state.refused.since + PATIENCE:
        return state.refused
    for trial in state.live.values():
        found = trial.trouble if trial.stop is None else None
        if found is not None and now >= found.since + PATIENCE:
            return Trouble(found.reason, f"trial {trial.name}: {found.message}")
        since = trial.other_metrics_since
        if since is not None and now - since >= _PATIENCE_FOR_METRIC:
            return _metric_trouble(state, trial.name, trial.seen)
    return _missing_metric(state)


def _first(pods: Sequence[PodRecord]) -> Trouble | None:
    return next((pod.trouble for pod in pods if pod.trouble is not None), None)


def metric_check_due(state: SweepState, now: float) -> float | None:
    """When a trial that reports other metrics only becomes suspect, if nothing happens before."""
    times = (t.other_metrics_since for t in state.live.values())
    due = [t + _PATIENCE_FOR_METRIC for t in times if t is not None]
    return min((t for t in due if t > now), default=None)


def _missing_metric(state: SweepState) -> Trouble | None:
    if state.without_metric is None:
        return None
    return _metric_trouble(state, *state.without_metric)


def _metric_trouble(state: SweepState, trial: str, seen: tuple[str, ...]) -> Trouble:
    metric = state.spec.objective.primary_metric
    if seen:
        remedy = (
            f"It reported {', '.join(seen)}. Create the sweep with one of these as primaryMetric"
        )
    else:
        remedy = "It reported nothing at all. Log with MLflow to the tracking URI that the trial is given"
    message = (
        f"trial {trial} never reported the primary metric '{metric}'. {remedy}, or let the script "
        f"log '{metric}'."
    )
    return Trouble(names.REASON_METRIC_MISSING, message)
