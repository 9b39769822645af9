"""The end of a trial that is not its own: it was stopped, or somebody deleted its Job."""

from __future__ import annotations

from .actions import DeleteJob, DeletePod, Plan, RecordEnd, TrialAction
from .observed import Job, Pod
from .snapshot import Phase, Stop, Trial
from .waiting import first_loss

JOB_DELETED = ("JobDeleted", "its Job was deleted by somebody else, which cancels the trial")
WATCH_LAG = 5.0  # seconds that one watch may be behind another


def end_stopped(trial: Trial, stop: Stop, patience: float, now: float) -> Plan:
    """Pods first, with the sweep's grace, then the Job in the foreground.

    The other order loses a race in the kubelet: the garbage collector's delete would come first,
    with the pod's own grace, and a kill in progress is not shortened. A pod whose node is lost is
    not waited for.
    """
    living = _living(trial, patience, now)
    jobs = [job for job in trial.jobs if not job.deleting]
    if living or jobs:
        # One that somebody else takes away may have been replaced already.
        uids = tuple(pod.uid for pod in living if not pod.is_interrupted)
        actions: list[TrialAction] = []
        actions += [DeletePod(trial.index, p.name, p.uid) for p in living if not p.deleting]
        actions += [DeleteJob(trial.index, job.name, job.uid, uids) for job in jobs]
        return Plan(tuple(actions), first_loss(living, patience))
    if trial.job is not None and _may_have_another(trial, trial.job, now):
        deletion = trial.job.deletion
        return Plan((), None if deletion is None else deletion + WATCH_LAG)
    return Plan((RecordEnd(trial.index, stop.outcome, stop.reason, stop.message),))


def _living(trial: Trial, patience: float, now: float) -> list[Pod]:
    """The pods that are waited for."""
    return [pod for pod in trial.pods if not pod.is_terminal and not pod.is_lost(now, patience)]


def _may_have_another(trial: Trial, job: Job, now: float) -> bool:
    """Whether a pod that has not been seen yet may have come in the place of one that somebody took
    away, before its Job was asked to go. When that is gone, there is none."""
    if job.succeeded or job.failure is not None:
        return False
    if any(pod.last or not (pod.is_terminal and pod.is_interrupted) for pod in trial.pods):
        return False
    return job.deletion is None or now < job.deletion + WATCH_LAG


def end_deleted(trial: Trial, patience: float, now: float) -> Plan:
    """The end of a trial whose Job somebody deleted: when its pods, which the garbage collector takes
    after it, are gone."""
    living = _living(trial, patience, now)
    if living:
        going = (DeletePod(trial.index, p.name, p.uid) for p in living if not p.deleting)
        return Plan(tuple(going), first_loss(living, patience))
    return Plan((RecordEnd(trial.index, Phase.CANCELED, *JOB_DELETED),))
