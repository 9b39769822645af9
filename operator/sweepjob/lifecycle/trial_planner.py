"""Plans the next steps of one trial: its state machine.

An attempt is one Job. A pod that somebody else ends, by a drain, a preemption or a deletion, is replaced
by its Job; a failed attempt is followed by another Job after a back-off. With several pods the end of one
ends the attempt (``group_planner``). Objects of other kinds are planned by ``object_planner``.
"""

from __future__ import annotations

from dataclasses import replace

from ..api import names
from .actions import (
    CreateJob,
    DeletePod,
    Plan,
    RecordEnd,
    RecordRetry,
    RecordStop,
    TrialAction,
)
from .attempt_end import COMPLETED, POD_DELETED, after_attempt, next_attempt, success
from .group_planner import give_up_start, plan_group, wait_for_turn
from .job_end import plan_end_by_job
from .larger_budget import with_larger_budget
from .node_loss import (
    NODE_LOST,
    awaited_pods,
    is_node_lost,
    never_starts,
    node_loss_due,
    node_loss_message,
)
from .object_planner import end_earlier_objects, end_stopped_object, plan_object
from .pause import plan_paused
from .pod_failures import failures_by_time, merged_cause
from .progress_update import update_progress
from .remaining_containers import end_earlier_attempts, overdue_end, stop_companions
from .snapshot import SweepSnapshot, TrialSnapshot
from .start_timeout import start_timeout_stop
from .termination import WATCH_LAG, end_deleted, end_stopped
from .workload import TrainerEnd

_POD_FAILED = "BackoffLimitExceeded"  # the reason of a Job whose pod failed, or is gone
# Seconds after which a request without an answer has taken effect, and the watch shows it.
_REQUEST_TIMEOUT = 60.0 + WATCH_LAG


def plan_trial(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Plan the next steps of a live trial. ``planner.plan`` applies the limits of the sweep first.

    Args:
        trial: the trial.
        sweep: its sweep at the same moment.
        now: seconds since the epoch.
    """
    if sweep.has_manifest:
        return _plan_object_trial(trial, sweep, now)
    return with_larger_budget(trial, sweep, _plan_job_trial(trial, sweep, now))


def _plan_job_trial(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Plan the next steps of a trial that is a Job."""
    leftovers = end_earlier_attempts(trial)
    if leftovers:
        return Plan(leftovers)
    if trial.stop is not None:
        return end_stopped(trial, trial.stop, sweep, now)
    if trial.is_paused:
        return plan_paused(trial)
    if trial.job is None:
        return _without_job(trial, sweep, now)
    end = _end_of_attempt(trial, sweep, now)
    if end is not None:
        return end
    overdue = overdue_end(trial, sweep, now)
    if overdue is not None:
        return Plan(_end_with_trainer(trial, sweep, overdue, now))
    early_end = _early_end(trial, sweep, now)
    return _continue(trial, sweep, now) if early_end is None else Plan((early_end,))


def _plan_object_trial(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Plan the next steps of a trial that is an object of another kind than Job."""
    earlier = end_earlier_objects(trial, now)
    if earlier is not None:
        return earlier
    if trial.stop is not None:
        return end_stopped_object(trial, trial.stop, sweep, now)
    if trial.job is None:
        return _without_job(trial, sweep, now)
    end = plan_object(trial, trial.job, sweep, now)
    if end is not None:
        return end
    early_end = _early_end(trial, sweep, now)
    return _continue(trial, sweep, now) if early_end is None else Plan((early_end,))


def _early_end(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> TrialAction | None:
    """Return the record of a decision to end the trial, or the attempt; None while it goes on."""
    pending_stop = trial.pending_stop or start_timeout_stop(trial, sweep, now)
    if pending_stop is not None:
        return RecordStop(trial.index, pending_stop)
    blocker = trial.start_blocker
    if blocker is not None and blocker.refit:
        # Recorded before the Job is deleted: a Job that is missing was deleted by somebody else.
        return next_attempt(trial, trial.failures, names.REASON_FITTED, blocker.message)
    return None


def _end_of_attempt(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan | None:
    """Return what follows if the attempt has ended, or one of its pods is lost; None otherwise."""
    job = trial.job
    assert job is not None
    by_job = plan_end_by_job(trial, job, sweep, now)
    if by_job is not None:
        return by_job
    if sweep.instances > 1:
        group = plan_group(trial, job, sweep, now)
        if group is not None or not (job.deleting or job.suspended):
            return group
    lost = _replace_lost_pod(trial, sweep.node_loss_timeout, now)
    if lost is not None or sweep.instances > 1:
        return None if lost is None else Plan(lost)
    never_started = _delete_never_started(trial, sweep.node_loss_timeout, now)
    if never_started:
        return Plan(never_started)
    shown = _pod_shown_by(trial)
    if shown is not None and now < shown:
        return Plan((), shown)
    end = _attempt_end(trial, retry_incomplete=sweep.retry_incomplete)
    return None if end is None else Plan(after_attempt(trial, sweep.max_retries, now, *end))


def _continue(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Keep the record of a trial that goes on up to date."""
    job, due = trial.job, None
    if job is not None and sweep.instances > 1:
        retry, due = give_up_start(trial, job, sweep, now)
        if retry is not None:
            return Plan((retry,))
    progress = update_progress(trial, sweep, now)
    times = (when for when in (progress.wake_at, due) if when is not None)
    return Plan(progress.actions, min(times, default=None))


def _without_job(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    pending_stop = trial.pending_stop or start_timeout_stop(trial, sweep, now)
    if pending_stop is not None:
        known = (
            None
            if trial.unconfirmed_job_since is None
            else trial.unconfirmed_job_since + _REQUEST_TIMEOUT
        )
        if known is not None and now < known:
            return Plan((), known)  # a Job that appears after its trial's end would keep running
        return Plan((RecordStop(trial.index, pending_stop),))
    if trial.job_created:
        return end_deleted(trial, sweep.node_loss_timeout, now, sweep.kind)
    orphan_pods = awaited_pods(trial, sweep.node_loss_timeout, now)
    if orphan_pods:  # their Job was deleted before it was seen: the next one waits for their end
        return Plan((), node_loss_due(orphan_pods, sweep.node_loss_timeout))
    if trial.retry_at is not None and now < trial.retry_at:
        waiting = update_progress(trial, sweep, now)
        wakes = [w for w in (trial.retry_at, waiting.wake_at) if w is not None]
        return Plan(waiting.actions, min(wakes))
    if not trial.has_turn:
        return wait_for_turn(trial, now)
    return Plan((CreateJob(trial.index, trial.attempt),))


def _replace_lost_pod(
    trial: TrialSnapshot, node_loss_timeout: float, now: float
) -> tuple[TrialAction, ...] | None:
    """Return the record of another attempt if the node of the only running pod is lost.

    It is written before the old Job is deleted (``end_earlier_attempts``): a Job that is missing was
    deleted by somebody else. The next Job follows: if the node came back, the old one would create a pod.
    """
    lost = [pod for pod in trial.pods if is_node_lost(pod, now, node_loss_timeout)]
    if not lost or any(not pod.is_terminal for pod in trial.pods if pod not in lost):
        return None
    if trial.pending_stop is not None:
        return (RecordStop(trial.index, trial.pending_stop),)
    message = node_loss_message(lost[0], node_loss_timeout)
    return (next_attempt(trial, trial.failures, NODE_LOST, message),)


def _delete_never_started(
    trial: TrialSnapshot, node_loss_timeout: float, now: float
) -> tuple[TrialAction, ...]:
    """Delete pods that never start; their Job, or another attempt, replaces them."""
    pods = (p for p in trial.pods if not p.deleting and never_starts(p, now, node_loss_timeout))
    return tuple(DeletePod(trial.index, p.name, p.uid) for p in pods)


def _pod_shown_by(trial: TrialSnapshot) -> float | None:
    """Return the latest time at which the pod of an ended Job becomes visible.

    The watches of Jobs and of pods are not ordered, and only the pod shows why it ended, and the
    sidecar's summary.
    """
    job = trial.job
    if job is None or job.ended is None or trial.pods or trial.interruption is not None:
        return None
    return job.ended + WATCH_LAG


def _attempt_end(
    trial: TrialSnapshot, *, retry_incomplete: bool
) -> tuple[bool | None, str, str] | None:
    """Return whether the attempt succeeded, with reason and message; None while it runs.

    Success is None for an attempt that was interrupted. One whose reports may be incomplete is marked.

    A pod that somebody else ended does not end the attempt: its Job replaces it, now or when the Job is
    resumed. Another attempt follows only if the Job does not.
    """
    ended = [pod for pod in trial.pods if pod.is_terminal and not pod.is_interrupted]
    done = next((pod for pod in ended if pod.succeeded), None)
    if done is not None:
        return success(done.incomplete, retry_incomplete=retry_incomplete)
    if ended:
        return False, *ended[-1].failure
    job = trial.job
    assert job is not None
    if job.deleting or any(not pod.is_terminal for pod in trial.pods):
        return None
    if not job.succeeded and job.failure is None:
        return None
    if job.failure is None or trial.interruption or trial.pods or job.failure.reason == _POD_FAILED:
        # A pod that ends on its own is kept, for its log. With a pod that is gone, its last reports are
        # gone, too, and a script may exit with 0 on SIGTERM.
        return None, *(trial.interruption or POD_DELETED)
    return False, *job.failure


def _end_with_trainer(
    trial: TrialSnapshot, sweep: SweepSnapshot, end: TrainerEnd, now: float
) -> tuple[TrialAction, ...]:
    """End the attempt with its trainer, though its pod still runs. The decision is recorded first."""
    rank = 0
    if end.failure is not None and sweep.instances > 1:
        failures = failures_by_time(trial.pods, trial.pod_failures)
        end, rank = replace(end, failure=merged_cause(failures, "rank")), failures[0].rank
    cause = end.failure or COMPLETED
    (action,) = after_attempt(trial, sweep.max_retries, now, end.failure is None, *cause)
    if isinstance(action, RecordEnd):
        return (stop_companions(trial, action.phase, end, now),)
    return (replace(action, rank=rank) if isinstance(action, RecordRetry) else action,)
