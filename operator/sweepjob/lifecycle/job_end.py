"""Plans the end of an attempt that only its Job can tell, since one of its pods cannot be read."""

from __future__ import annotations

from .actions import Plan
from .attempt_end import after_attempt, success
from .snapshot import SweepSnapshot, TrialSnapshot
from .termination import WATCH_LAG
from .workload import Job, Pod

DISRUPTED = "PodFailurePolicy"  # the reason of a Job that a disruption of one of its pods ended


def plan_end_by_job(
    trial: TrialSnapshot, job: Job, sweep: SweepSnapshot, now: float
) -> Plan | None:
    """Plan what follows from the end of a Job, where a pod cannot be read and no other one says more.

    Without it the trial would keep its slot for ever.

    Args:
        trial: a live trial without a decision to stop it.
        job: its Job.
        sweep: its sweep.
        now: seconds since the epoch.

    Returns:
        None where all pods can be read, one of them says how the attempt ended, or the Job goes on.
    """
    if not trial.unreadable_pods or job.deleting or not (job.succeeded or job.failure):
        return None
    if any(_says_end(pod, job, sweep.instances) for pod in trial.pods):
        return None
    shown = now if job.ended is None else job.ended + WATCH_LAG
    if now < shown:
        return Plan((), shown)
    return Plan(after_attempt(trial, sweep.max_retries, now, *_outcome(trial, job, sweep)))


def _says_end(pod: Pod, job: Job, instances: int) -> bool:
    """Return whether a pod says how its attempt ended, or will when its log has been read."""
    if not pod.is_terminal and pod.ended is None:
        return False
    if job.succeeded:  # a pod that was replaced, and one of another rank, had no part in it
        return pod.rank == 0 and not pod.is_interrupted
    if pod.rank > 0 and pod.succeeded:
        return False
    # The Job controller deletes the other pods of an attempt that has failed.
    return instances == 1 or pod.disrupted or not pod.is_interrupted


def _outcome(trial: TrialSnapshot, job: Job, sweep: SweepSnapshot) -> tuple[bool | None, str, str]:
    """Return whether the attempt succeeded (None: it was interrupted), with reason and message."""
    if job.failure is None:
        return success(trial.unreadable_pods, retry_incomplete=sweep.retry_incomplete)
    if job.failure.reason == DISRUPTED:
        return None, "Disrupted", job.failure.message
    return False, *job.failure
