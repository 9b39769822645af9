"""Builds the values that the planner decides from. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from ..api.criteria import Criteria
from ..api.names import (
    REASON_CONSTRAINT_VIOLATED,
    REASON_OBJECT_UNREADABLE,
    REASON_PARTLY_SCHEDULED,
)
from ..api.phases import TrialPhase
from ..api.spec.metrics import RETRY
from ..api.sweeptrial.stop_decision import StopDecision
from ..lifecycle.group_planner import PARTIAL_START_TIMEOUT
from ..lifecycle.snapshot import ResultProgress, SweepSnapshot, TrialSnapshot
from ..lifecycle.usage import Usage, UsageLimit
from ..lifecycle.workload import EarlierAttempt, Job, Pod
from ..settings import OperatorSettings
from ..trial_pods.cached_objects import CachedPod
from .start_turns import NO_TURN_NEEDED, Turn
from .state.pod_classification import pod_view
from .state.sweep_state import SweepState
from .state.trial_state import RecordedStatus, TrialState
from .trial_workload import Workload

_WRITE_SHARE = 1 / 20  # of a trial's age passes between two writes of its curve,
_LONGEST_WRITE_INTERVAL = 60.0  # but at most this many seconds

V = TypeVar("V", Pod, Job)


def sweep_snapshot(state: SweepState, settings: OperatorSettings) -> SweepSnapshot:
    """Return a sweep, without proposals.

    Args:
        state: the state of the sweep.
        settings: the operator's settings.
    """
    spec, slots, proposals = state.spec, state.slots, state.proposals
    # A sampler that uses observations waits for those of the trial whose slot it fills.
    released = 0 if proposals.sampler.uses_observations else len(slots.releasing)
    return SweepSnapshot(
        limits=spec.limits,
        started=state.started,
        suspended=spec.suspend,
        stopped=spec.stop,
        node_loss_timeout=settings.node_loss_timeout,
        companion_grace=spec.trial.companion_grace,
        max_retries=spec.trial.max_retries,
        retry_incomplete=spec.metrics.on_incomplete == RETRY,
        exhausted=proposals.exhausted and not proposals.has_proposal(slots.free_indices(1)[0]),
        occupied=len(state.live) - len(state.paused) + len(slots.reserved) + slots.unmanaged,
        totals=state.totals(),
        released=released,
        failing=sum(phase is TrialPhase.FAILED for phase in slots.releasing.values()),
        instances=spec.trial.instance_count,
        queued=spec.is_queued,
        kind="Job" if spec.trial.manifest is None else spec.trial.manifest.kind,
        metric=spec.objective.primary_metric,
        goal=spec.objective.goal,
        results=_result_progress(state),
        paused=len(state.paused),
        held=len(state.paused.held),
        recalled=len(state.paused.recalled),
        ends_paused=state.paused.are_ending,
        has_checkpoint=spec.trial.checkpoint is not None,
        has_budget=spec.budget_policy is not None,
        usage_limits=_usage_limits(state),
    )


def _usage_limits(state: SweepState) -> tuple[UsageLimit, ...]:
    limits, live, results = state.spec.limits, state.live_usage, state.results
    found = []
    if limits.max_gpu_hours is not None:
        used = live.gpu + Usage(results.gpu_used)
        found.append(UsageLimit.of_gpu_hours(limits.max_gpu_hours, used, results.gpu_uncertain))
    if limits.max_cost is not None:
        found.append(UsageLimit.of_cost(limits.max_cost, live.cost + Usage(results.cost)))
    return tuple(found)


def _result_progress(state: SweepState) -> ResultProgress:
    results, tried = state.results, (TrialPhase.SUCCEEDED, TrialPhase.EARLY_STOPPED)
    return ResultProgress(
        recorded=results.recorded_best,
        best=None if results.best is None else results.best.value,
        row=results.improvement_row.length,
        row_ending=sum(phase in tried for phase in state.slots.releasing.values()),
        result=_result_name(state.criteria),
    )


def _result_name(criteria: Criteria) -> str:
    """Return what a new best is called where it is not a better value of one metric."""
    if criteria.has_several_objectives:
        return "new trial on the Pareto front"
    return f"feasible {criteria.primary.primary_metric}" if criteria.constraints else ""


def trial_snapshot(
    trial: TrialState,
    workload: Workload,
    unread_pods: frozenset[str],
    interval: float,
    *,
    capacity_limited: bool,
    turn: Turn = NO_TURN_NEEDED,
    is_urgent: bool = False,
    violation: str = "",
    rung_stop: StopDecision | None = None,
) -> TrialSnapshot:
    """Return a live trial: its record, what was decided about it, and what runs for it.

    Args:
        trial: the trial, after ``TrialStore.observe_workload``.
        workload: the trial's Jobs and pods at the same moment.
        unread_pods: uids of pods with reports that have not been ingested; they count as running.
        interval: minimum seconds between two writes of a curve.
        capacity_limited: a slot is reused only after its pod has terminated.
        turn: whether a trial of several pods may be started.
        is_urgent: its curve is to be recorded at once.
        violation: why its values stop it; empty if they do not.
        rung_stop: the policy's decision if its execution succeeds with less than the largest budget.
    """
    status, since = trial.status, workload.since
    return TrialSnapshot(
        index=trial.index,
        name=trial.name,
        uid=trial.uid,
        phase=status.phase,
        reason=status.reason,
        attempt=status.attempt,
        failures=status.failures,
        job_created=status.job_created,
        job_missing_since=trial.workload.job_missing_since,
        unconfirmed_job_since=trial.requests.unconfirmed_job_since,
        retry_at=status.retry_at,
        stop=status.stop,
        pending_stop=_pending_stop(trial, violation),
        progress_write_due=_progress_write_due(trial, interval, is_urgent=is_urgent),
        start_blocker=trial.blockers.current,
        interruption=trial.workload.interruption,
        interrupted_at=trial.workload.interrupted_at,
        pod_failures=trial.workload.pod_failures,
        has_turn=turn.has_come,
        waits_since=turn.since,
        others_wait=turn.others_wait,
        blocked_since=_blocked_since(status),
        best=trial.reports.curve.best,
        pause=status.pause,
        resumption=trial.resumption,
        desired=trial.desired,
        ran=status.ran,
        rung_stop=rung_stop,
        unreadable_pods=_unreadable_pods(trial, workload),
        jobs=tuple(
            _with_deletion(job, trial).clamp_to_watch_start(since) for job in workload.current_jobs
        ),
        pods=tuple(_pods(trial, workload, unread_pods, capacity_limited=capacity_limited)),
        earlier=_earlier_attempts(trial, workload),
        orphan_pods=workload.orphan_views,
    )


def _unreadable_pods(trial: TrialState, workload: Workload) -> str:
    """Return which pods of the current attempt cannot be read; empty when all can."""
    warning = trial.completeness.warnings.get(REASON_OBJECT_UNREADABLE)
    return warning.message if warning is not None and workload.has_unreadable_pod else ""


def _pending_stop(trial: TrialState, violation: str) -> StopDecision | None:
    """Return the decision that is not recorded yet.

    What follows from values alone needs no memory: a restarted operator decides the same.
    """
    pending = None if trial.pending_stop is None else trial.pending_stop.decision
    if not violation or (pending is not None and not pending.pauses):
        return pending
    return StopDecision(
        TrialPhase.EARLY_STOPPED,
        REASON_CONSTRAINT_VIOLATED,
        f"{violation}; stopTrials of the constraint is true",
        interval=trial.reports.curve.count,
    )


def _blocked_since(status: RecordedStatus) -> float | None:
    """Return when the first of the latest attempts began that were given up partly scheduled."""
    since, attempt = None, status.attempt - 1
    for execution in reversed(status.executions):
        if execution.reason != REASON_PARTLY_SCHEDULED or execution.attempt != attempt:
            break
        since, attempt = execution.ended - PARTIAL_START_TIMEOUT, attempt - 1
    return since


def _earlier_attempts(trial: TrialState, workload: Workload) -> tuple[EarlierAttempt, ...]:
    """Return what is left of attempts before the current one."""
    jobs, pods = workload.jobs, workload.pods
    attempts = {j.attempt for j in jobs} | {p.attempt for p in pods}
    return tuple(
        EarlierAttempt(
            next((_with_deletion(j, trial) for j in jobs if j.attempt == attempt), None),
            tuple(
                _with_deletion(p.view, trial).clamp_to_watch_start(workload.since)
                for p in pods
                if p.attempt == attempt
            ),
        )
        for attempt in sorted(attempts)
        if attempt < workload.attempt
    )


def _progress_write_due(trial: TrialState, interval: float, *, is_urgent: bool) -> float | None:
    writes = trial.writes
    if writes.pending_since is None or is_urgent:
        return writes.pending_since
    return max(writes.pending_since, writes.written_at) + write_interval(trial, interval)


def write_interval(trial: TrialState, shortest: float) -> float:
    """Return seconds between two writes of the curve.

    They grow with the trial's age, so that hundreds of long trials cause little load. Meanwhile the
    sidecar keeps what is not recorded.

    Args:
        trial: a live trial.
        shortest: the minimum, in seconds.
    """
    started, written = trial.status.started, trial.writes.written_at
    age = 0.0 if started is None else written - started
    return max(shortest, min(_LONGEST_WRITE_INTERVAL, age * _WRITE_SHARE))


def _pods(
    trial: TrialState, workload: Workload, unread_pods: frozenset[str], *, capacity_limited: bool
) -> Iterator[Pod]:
    """Yield the pods of the current attempt."""
    for pod in workload.current_pods:
        is_unread = pod.uid in unread_pods
        view = _pod(pod, trial, is_unread=is_unread, capacity_limited=capacity_limited)
        yield _with_deletion(view, trial).clamp_to_watch_start(workload.since)


def _pod(pod: CachedPod, trial: TrialState, *, is_unread: bool, capacity_limited: bool) -> Pod:
    """Return a pod of the current attempt.

    It counts as ended when it is terminal and its reports are ingested. If no trial waits for capacity,
    it need not be terminal: it is enough that all its containers exited with 0.
    """
    not_replaced = pod.uid in trial.requests.not_replaced
    incomplete = trial.completeness.incomplete
    view = replace(pod_view(trial, pod), not_replaced=not_replaced, incomplete=incomplete)
    if pod.containers_succeeded and not capacity_limited:
        view = replace(view, succeeded=True)
    has_ended = view.is_terminal or view.trainer_end is not None
    if has_ended and not view.is_interrupted and is_unread:
        return replace(view, succeeded=None, trainer_end=None)
    return view


def _with_deletion(view: V, trial: TrialState) -> V:
    """Mark the object as being deleted if the operator requested it; the cache may not show it yet."""
    return replace(view, deleting=True) if view.uid in trial.requests.deleted else view
