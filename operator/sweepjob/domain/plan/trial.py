"""The state machine of one trial."""

from __future__ import annotations

from .actions import (
    DeleteJob,
    DeletePod,
    LaunchJob,
    Plan,
    RecordEnd,
    RecordProgress,
    RecordRetry,
    RecordStop,
    TrialAction,
)
from .snapshot import Phase, Pod, Trial

JOB_VANISHED = ("JobDeleted", "its Job was deleted by somebody else")


def plan_trial(trial: Trial, max_retries: int, now: float) -> Plan:
    """What to do about one live trial."""
    if trial.stop is not None:
        return Plan(_stopping(trial))
    if trial.job is None:
        return Plan(_without_job(trial, max_retries))
    end = _own_end(trial)
    if end is not None:
        return Plan(_after_attempt(trial, max_retries, *end))
    if trial.verdict is not None:
        return Plan((RecordStop(trial.index, trial.verdict),))
    return _running(trial, now)


def _stopping(trial: Trial) -> tuple[TrialAction, ...]:
    """Pods first, with the sweep's grace, then the Job in the foreground.

    The other order loses a race in the kubelet: the garbage collector's delete would come first,
    with the pod's own grace, and a kill in progress is not shortened.
    """
    assert trial.stop is not None
    living = [pod for pod in trial.pods if not pod.is_terminal]
    jobs = [job for job in trial.jobs if not job.deleting]
    if not living and not jobs:
        stop = trial.stop
        return (RecordEnd(trial.index, stop.outcome, stop.reason, stop.message),)
    deletions = [DeletePod(trial.index, p.name, p.uid) for p in living if not p.deleting]
    return (*deletions, *(DeleteJob(trial.index, job.name, job.uid) for job in jobs))


def _without_job(trial: Trial, max_retries: int) -> tuple[TrialAction, ...]:
    if trial.verdict is not None:
        return (RecordStop(trial.index, trial.verdict),)
    if trial.launched:
        return _after_attempt(trial, max_retries, False, *JOB_VANISHED)
    return (LaunchJob(trial.index, trial.attempt),)


def _own_end(trial: Trial) -> tuple[bool, str, str] | None:
    """Whether the attempt succeeded, with reason and sentence; None while it has not ended.

    A pod that was disrupted is no end: the Job starts another in its place.
    """
    ended = [pod for pod in trial.pods if pod.is_terminal and not pod.disrupted]
    if any(pod.succeeded for pod in ended):
        return True, "Completed", "the trainer ended with exit code 0"
    if ended:
        return False, *ended[-1].failure
    job = trial.job
    if job is not None and job.failure is not None:
        return False, *job.failure
    return None


def _after_attempt(
    trial: Trial, max_retries: int, succeeded: bool, reason: str, message: str
) -> tuple[TrialAction, ...]:
    if succeeded:
        return (RecordEnd(trial.index, Phase.SUCCEEDED, reason, message),)
    failures = trial.failures + 1
    if failures > max_retries or trial.verdict is not None:
        return (RecordEnd(trial.index, Phase.FAILED, reason, message),)
    return (RecordRetry(trial.index, trial.attempt + 1, failures, reason, message),)


def _running(trial: Trial, now: float) -> Plan:
    running = any(_runs(pod) for pod in trial.pods)
    phase = Phase.RUNNING if running else trial.phase
    due = trial.progress_due
    if phase is not trial.phase or (due is not None and due <= now):
        return Plan((RecordProgress(trial.index, phase),))
    return Plan((), due)


def _runs(pod: Pod) -> bool:
    return pod.started is not None and not pod.is_terminal
