"""The state machine of one trial."""

from __future__ import annotations

from ..api.phases import TrialPhase
from .actions import (
    DeleteJob,
    DeletePod,
    LaunchJob,
    Plan,
    RecordEnd,
    RecordRetry,
    RecordStop,
    TrialAction,
)
from .companions import end_earlier_attempts, overdue_end, stop_companions
from .observed import TrainerEnd
from .snapshot import Snapshot, Trial
from .startup import cannot_start, first_loss, go_on, living
from .termination import WATCH_LAG, end_deleted, end_stopped

POD_DELETED = ("PodDeleted", "its pod was deleted by somebody else")
NODE_LOST = "NodeLost"
COMPLETED = ("Completed", "the trainer ended with exit code 0")
INCOMPLETE = "ReportsIncomplete"

_OF_ITS_POD = "BackoffLimitExceeded"  # why a Job fails when its pod has failed, or is gone
_ANSWER = (
    60.0 + WATCH_LAG
)  # seconds after which an API server has done, and shown, what it was asked for
_BACKOFF = (10.0, 360.0)  # seconds before the second attempt, doubled for each, and at most


def plan_trial(trial: Trial, sweep: Snapshot, now: float) -> Plan:
    """What to do about one live trial."""
    left_behind = end_earlier_attempts(trial)
    if left_behind:
        return Plan(left_behind)
    if trial.stop is not None:
        return end_stopped(trial, trial.stop, sweep.node_patience, now)
    if trial.job is None:
        return _without_job(trial, sweep, now)
    lost = _lost(trial, sweep.node_patience, now)
    if lost is not None:
        return Plan(lost)
    never_started_since = _stranded(trial, sweep.node_patience, now)
    if never_started_since:
        return Plan(never_started_since)
    unseen = _unseen_until(trial)
    if unseen is not None and now < unseen:
        return Plan((), unseen)
    end = _own_end(trial, retry_incomplete=sweep.retry_incomplete)
    if end is not None:
        return Plan(_after_attempt(trial, sweep.max_retries, now, *end))
    overdue = overdue_end(trial, sweep, now)
    if overdue is not None:
        return Plan(_after_trainer(trial, sweep.max_retries, overdue, now))
    pending_stop = trial.pending_stop or cannot_start(trial, sweep, now)
    if pending_stop is not None:
        return Plan((RecordStop(trial.index, pending_stop),))
    return go_on(trial, sweep, now)


def _without_job(trial: Trial, sweep: Snapshot, now: float) -> Plan:
    pending_stop = trial.pending_stop or cannot_start(trial, sweep, now)
    if pending_stop is not None:
        known = None if trial.unanswered is None else trial.unanswered + _ANSWER
        if known is not None and now < known:
            return Plan((), known)  # a Job that came after its trial's end would run on
        return Plan((RecordStop(trial.index, pending_stop),))
    if trial.launched:
        return end_deleted(trial, sweep.node_patience, now)
    orphan_pods = living(trial, sweep.node_patience, now)
    if orphan_pods:  # its Job was deleted before we knew of it: the next one waits for its place
        return Plan((), first_loss(orphan_pods, sweep.node_patience))
    if trial.launch_at is not None and now < trial.launch_at:
        waiting = go_on(trial, sweep, now)
        wakes = [w for w in (trial.launch_at, waiting.wake_at) if w is not None]
        return Plan(waiting.actions, min(wakes))
    return Plan((LaunchJob(trial.index, trial.attempt),))


def _lost(trial: Trial, patience: float, now: float) -> tuple[TrialAction, ...] | None:
    """A new attempt elsewhere when the node of the only pod is lost. The old Job goes first: when
    the node came back it would start another pod.
    """
    lost = [pod for pod in trial.pods if pod.is_lost(now, patience)]
    if not lost or any(not pod.is_terminal for pod in trial.pods if pod not in lost):
        return None
    if trial.pending_stop is not None:
        return (RecordStop(trial.index, trial.pending_stop),)
    deletions = [DeleteJob(trial.index, j.name, j.uid) for j in trial.jobs if not j.deleting]
    message = (
        f"node {lost[0].node} has not ended the trial's pod {patience:g} s after its grace: the node "
        "is taken for lost, and what it may still report is refused"
    )
    return (*deletions, _next_attempt(trial, trial.failures, NODE_LOST, message))


def _stranded(trial: Trial, patience: float, now: float) -> tuple[TrialAction, ...]:
    """Deletions of pods that never get going; their Job, or a new attempt, puts another in the place."""
    pods = (p for p in trial.pods if not p.deleting and p.never_starts(now, patience))
    return tuple(DeletePod(trial.index, p.name, p.uid) for p in pods)


def _unseen_until(trial: Trial) -> float | None:
    """Until when the pod of a Job that has ended may only not have been seen yet: two watches keep no
    order between them, and only the pod says who ended it, and has the sidecar's last words.
    """
    job = trial.job
    if job is None or job.ended is None or trial.pods or trial.interruption is not None:
        return None
    return job.ended + WATCH_LAG


def _own_end(trial: Trial, *, retry_incomplete: bool) -> tuple[bool | None, str, str] | None:
    """Whether the attempt succeeded (None: it was interrupted), with reason and sentence; None
    while it has not ended. One whose reports may be incomplete is never called healthy.

    A pod that somebody else ended is no end: the Job starts another in its place, now or when it is
    resumed. Only when the Job does not, a new attempt does.
    """
    ended = [pod for pod in trial.pods if pod.is_terminal and not pod.is_interrupted]
    done = next((pod for pod in ended if pod.succeeded), None)
    if done is not None and done.incomplete:
        message = f"{COMPLETED[1]}, but its reports may be incomplete: {done.incomplete}"
        return not retry_incomplete, INCOMPLETE, message
    if done is not None:
        return True, *COMPLETED
    if ended:
        return False, *ended[-1].failure
    job = trial.job
    assert job is not None
    if job.deleting or any(not pod.is_terminal for pod in trial.pods):
        return None
    if not job.succeeded and job.failure is None:
        return None
    if job.failure is None or trial.interruption or trial.pods or job.failure[0] == _OF_ITS_POD:
        # A pod that ends by itself stays, for its log. With this one its last reports went, and a
        # script may exit with 0 when it is told to go.
        return None, *(trial.interruption or POD_DELETED)
    return False, *job.failure


def _after_trainer(
    trial: Trial, max_retries: int, end: TrainerEnd, now: float
) -> tuple[TrialAction, ...]:
    """The attempt ends with its trainer, though its pod goes on. The decision is recorded first."""
    failure = end.failure or COMPLETED
    (action,) = _after_attempt(trial, max_retries, now, end.failure is None, *failure)
    if isinstance(action, RecordEnd):
        return (stop_companions(trial, action.phase, end, now),)
    return (action,)


def _after_attempt(
    trial: Trial, max_retries: int, now: float, succeeded: bool | None, reason: str, message: str
) -> tuple[TrialAction, ...]:
    if succeeded:
        return (RecordEnd(trial.index, TrialPhase.SUCCEEDED, reason, message),)
    if succeeded is None:
        if trial.pending_stop is not None:
            return (RecordStop(trial.index, trial.pending_stop),)
        return (_next_attempt(trial, trial.failures, reason, message),)
    failures = trial.failures + 1
    if failures > max_retries or trial.pending_stop is not None:
        return (RecordEnd(trial.index, TrialPhase.FAILED, reason, message),)
    first, most = _BACKOFF
    pause = min(most, first * 2.0 ** min(failures - 1, 10))
    return (_next_attempt(trial, failures, reason, message, now + pause),)


def _next_attempt(
    trial: Trial, failures: int, reason: str, message: str, launch_at: float | None = None
) -> RecordRetry:
    return RecordRetry(trial.index, trial.attempt + 1, failures, reason, message, launch_at)
