"""Plans the next steps of an attempt that is an object of another kind than Job.

Its controller makes the pods, replaces them or not, and says in the status when the attempt has succeeded
or failed. A failure that follows a disruption from which the controller did not recover counts as an
interruption. Pods are not deleted: the object is, and its pods go with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import DeleteJob, Plan, RecordEnd, RecordStop, TrialAction
from .attempt_end import COMPLETED, after_attempt, next_attempt, success
from .node_loss import NODE_LOST, awaited_pods, is_node_lost, node_loss_due, node_loss_message
from .pod_failures import PodFailure, failures_by_time, merged_cause
from .remaining_containers import OUTLIVED
from .snapshot import SweepSnapshot, TrialSnapshot
from .termination import WATCH_LAG
from .workload import Job, Pod


def plan_object(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot, now: float) -> Plan | None:
    """Plan the actions that follow the end of an attempt.

    Args:
        trial: a live trial without a decision to stop it.
        job: the object of the attempt.
        sweep: its sweep.
        now: seconds since the epoch.

    Returns:
        None while the attempt goes on.
    """
    if job.deleting:
        return None
    if not job.succeeded and job.failure is None:
        return _after_node_loss(trial, sweep, now)
    if job.ended is not None and not trial.pods and now < job.ended + WATCH_LAG:
        return Plan((), job.ended + WATCH_LAG)  # its pods are not seen yet, and may have reports
    actions = after_attempt(trial, sweep.max_retries, now, *_outcome(trial, job, sweep))
    end = actions[0]
    return _end_when_pods_ended(trial, end, job, sweep, now) or Plan(actions)


def _outcome(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot) -> tuple[bool | None, str, str]:
    """Whether the attempt succeeded, with reason and message; None for one that was interrupted."""
    if job.failure is None:
        incomplete = next((pod.incomplete for pod in trial.pods if pod.rank == 0), "")
        if not any(pod.is_terminal for pod in trial.pods if pod.rank == 0):
            incomplete = incomplete or trial.unreadable_pods
        completed = Cause(COMPLETED.reason, f"its {sweep.kind} succeeded")
        return success(incomplete, retry_incomplete=sweep.retry_incomplete, completed=completed)
    failures = failures_by_time(trial.pods)
    if trial.interruption is not None and _explains(trial, failures):
        return None, *trial.interruption
    if not failures:
        return False, *job.failure
    # Also where there is one pod: the controller may have deleted the others by now.
    cause = merged_cause(failures, "pod")
    return False, cause.reason, f"{cause.message}; {job.failure.message}"


def _explains(trial: TrialSnapshot, failures: Sequence[PodFailure]) -> bool:
    """Return whether the interruption of a pod is why the object failed.

    It is not if a pod had failed before, or if one has started since: then the controller had recovered.
    """
    at = trial.interrupted_at
    if at is None:
        return False
    if any(pod.started is not None and pod.started > at for pod in trial.pods):
        return False
    return not failures or at <= failures[0].at


def _end_when_pods_ended(
    trial: TrialSnapshot, end: TrialAction, job: Job, sweep: SweepSnapshot, now: float
) -> Plan | None:
    """Record the end of a trial when all of its pods have ended; None when they have.

    A controller may keep pods that serve others. After the grace period the object is deleted.
    """
    left = awaited_pods(trial, sweep.node_loss_timeout, now)
    if not left or not isinstance(end, RecordEnd):
        return None
    since = now if job.ended is None else job.ended
    due = since + sweep.companion_grace
    if now < due and trial.pending_stop is None:
        lost = node_loss_due(left, sweep.node_loss_timeout)
        return Plan((), due if lost is None else min(due, lost))
    return Plan((_stop(trial, end, left, sweep, now - since),))


def _stop(
    trial: TrialSnapshot, end: RecordEnd, left: list[Pod], sweep: SweepSnapshot, late: float
) -> RecordStop:
    pods = ", ".join(pod.name for pod in left[:5])
    reason = OUTLIVED if end.phase is TrialPhase.SUCCEEDED else end.reason
    message = (
        f"{end.message}. Pods still ran {late:.0f} s later: {pods}; its {sweep.kind} is deleted. Have "
        "its controller end them, or raise trial.companionGracePeriodSeconds."
    )
    return RecordStop(trial.index, StopDecision(end.phase, reason, message))


def _after_node_loss(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan | None:
    """Record another attempt when the node of a pod is lost; None while none is.

    The object is deleted afterwards (``end_earlier_objects``).
    """
    timeout = sweep.node_loss_timeout
    lost = next((pod for pod in trial.pods if is_node_lost(pod, now, timeout)), None)
    if lost is None:
        return None
    if trial.pending_stop is not None:
        return Plan((RecordStop(trial.index, trial.pending_stop),))
    cause = Cause(NODE_LOST, node_loss_message(lost, timeout))
    return Plan((next_attempt(trial, trial.failures, *cause),))


def end_stopped_object(
    trial: TrialSnapshot, stop: StopDecision, sweep: SweepSnapshot, now: float
) -> Plan:
    """Delete the object with everything that it owns, and record the end when its pods have ended.

    The object is gone before its pods are, some of which may not have been seen yet.

    Args:
        trial: a trial with a recorded decision.
        stop: the decision.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    going = [DeleteJob(trial.index, j.name, j.uid) for j in trial.jobs if not j.deleting]
    if going:
        return Plan(tuple(going))
    left = awaited_pods(trial, sweep.node_loss_timeout, now)
    is_lost = any(is_node_lost(pod, now, sweep.node_loss_timeout) for pod in trial.pods)
    if left or (trial.job is not None and not is_lost):
        return Plan((), node_loss_due(left, sweep.node_loss_timeout))
    since = trial.job_missing_since
    due = now if since is None else since + WATCH_LAG
    if now < due:
        return Plan((), due)
    return Plan((RecordEnd(trial.index, stop.outcome, stop.reason, stop.message),))


def end_earlier_objects(trial: TrialSnapshot, now: float) -> Plan | None:
    """Delete what is left of earlier attempts: objects that have pods, or may make some.

    One that has failed keeps the pod that failed, for its log. Its controller ends the others; if it does
    not within a few seconds, the object is deleted.

    Args:
        trial: a live trial.
        now: seconds since the epoch.

    Returns:
        None where nothing is left to do.
    """
    actions: list[TrialAction] = []
    wakes: list[float] = []
    for attempt in trial.earlier:
        job, pods = attempt.job, attempt.pods
        if job is None or job.deleting:
            continue
        has_ended = job.succeeded or job.failure is not None
        if has_ended and all(pod.is_terminal for pod in pods):
            continue
        due = now if job.ended is None or not has_ended else job.ended + WATCH_LAG
        if now < due:
            wakes.append(due)
        else:
            actions.append(DeleteJob(trial.index, job.name, job.uid))
    return Plan(tuple(actions), min(wakes, default=None)) if actions or wakes else None
