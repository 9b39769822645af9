"""The end of a trial that is not its own: it was stopped, or somebody deleted its Job."""

from __future__ import annotations

from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from .actions import DeleteJob, DeletePod, Plan, RecordEnd, TrialAction
from .observed import Job
from .snapshot import Trial
from .startup import first_loss, living

JOB_DELETED = ("JobDeleted", "its Job was deleted by somebody else, which cancels the trial")
WATCH_LAG = 5.0  # seconds that one watch may be behind another


def end_stopped(trial: Trial, stop: StopDecision, patience: float, now: float) -> Plan:
    """Pods first, with the sweep's grace, then the Job in the foreground.

    The other order loses a race in the kubelet: the garbage collector's delete would come first,
    with the pod's own grace, and a kill in progress is not shortened. A pod whose node is lost is
    not waited for.
    """
    left = living(trial, patience, now)
    jobs = [job for job in trial.jobs if not job.deleting]
    if left or jobs:
        # One that somebody else takes away may have been replaced already.
        uids = tuple(pod.uid for pod in left if not pod.is_interrupted)
        actions: list[TrialAction] = []
        actions += [DeletePod(trial.index, p.name, p.uid) for p in left if not p.deleting]
        actions += [DeleteJob(trial.index, job.name, job.uid, uids) for job in jobs]
        return Plan(tuple(actions), first_loss(left, patience))
    if trial.job is not None and _may_have_another(trial, trial.job):
        return Plan(())
    return _when_seen(trial, RecordEnd(trial.index, stop.outcome, stop.reason, stop.message), now)


def _may_have_another(trial: Trial, job: Job) -> bool:
    """Whether there may be a pod that has not been seen yet: the first one, or one in the place of one
    that somebody took away. When the Job, which is being deleted, is gone, there is none.
    """
    if job.succeeded or job.failure is not None:
        return False
    return all(p.is_terminal and p.is_interrupted and not p.last for p in trial.pods)


def end_deleted(trial: Trial, patience: float, now: float) -> Plan:
    """The end of a trial whose Job somebody deleted: when its pods, which the garbage collector takes
    after it, are gone.
    """
    left = living(trial, patience, now)
    if left:
        going = (DeletePod(trial.index, p.name, p.uid) for p in left if not p.deleting)
        return Plan(tuple(going), first_loss(left, patience))
    return _when_seen(trial, RecordEnd(trial.index, TrialPhase.CANCELED, *JOB_DELETED), now)


def _when_seen(trial: Trial, end: RecordEnd, now: float) -> Plan:
    """The end, once a pod of a Job that somebody deleted would have been seen."""
    due = now if trial.missing_since is None else trial.missing_since + WATCH_LAG
    return Plan((end,)) if now >= due else Plan((), due)
