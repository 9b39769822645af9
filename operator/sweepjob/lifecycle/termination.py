"""Ends a trial that was stopped, or whose Job somebody deleted."""

from __future__ import annotations

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import DeleteJob, DeletePod, Plan, RecordEnd, RecordPause, TrialAction
from .node_loss import awaited_pods, is_node_lost, node_loss_due
from .pause import after_pause
from .snapshot import SweepSnapshot, TrialSnapshot
from .workload import Job


def _deleted(kind: str) -> Cause:
    return Cause(
        "JobDeleted", f"its {kind} was deleted by another client, so the trial is canceled"
    )


JOB_DELETED = _deleted("Job")
WATCH_LAG = 5.0  # seconds by which one watch may lag behind another


def end_stopped(trial: TrialSnapshot, stop: StopDecision, sweep: SweepSnapshot, now: float) -> Plan:
    """Delete the pods with the sweep's grace period, then the Job, and record the end, or the pause.

    In the other order the garbage collector would delete the pods first, with their own grace period, and
    the kubelet does not shorten a termination in progress. The trial does not wait for a pod whose node
    is lost.

    Args:
        trial: a trial with a recorded decision.
        stop: the decision.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    node_loss_timeout = sweep.node_loss_timeout
    left = awaited_pods(trial, node_loss_timeout, now)
    jobs = [job for job in trial.jobs if not job.deleting]
    if left or jobs:
        # A pod that somebody else deletes may have been replaced already.
        uids = tuple(pod.uid for pod in left if not pod.is_interrupted)
        actions: list[TrialAction] = []
        actions += [DeletePod(trial.index, p.name, p.uid) for p in left if not p.deleting]
        actions += [DeleteJob(trial.index, job.name, job.uid, uids) for job in jobs]
        return Plan(tuple(actions), node_loss_due(left, node_loss_timeout))
    # A Job stays as long as a pod on a lost node; any other pod of it would have been seen by then.
    is_lost = any(is_node_lost(pod, now, node_loss_timeout) for pod in trial.pods)
    if (
        trial.job is not None
        and not is_lost
        and _may_have_another(trial, trial.job, sweep.instances)
    ):
        return Plan(())
    if stop.pauses:
        return _after_watch_lag(trial, after_pause(trial, sweep, stop), now)
    return _after_watch_lag(
        trial, RecordEnd(trial.index, stop.outcome, stop.reason, stop.message), now
    )


def _may_have_another(trial: TrialSnapshot, job: Job, instances: int) -> bool:
    """Return whether the Job may have a pod that was not seen yet: its first one, or a replacement.

    There is none when the Job, which is being deleted, is gone.
    """
    if job.succeeded or job.failure is not None:
        return False
    return any(_may_have(trial, rank) for rank in range(instances))


def _may_have(trial: TrialSnapshot, rank: int) -> bool:
    """Return whether there may be another pod of a rank."""
    pods = (pod for pod in trial.pods if pod.rank == rank)
    return all(p.is_terminal and p.is_interrupted and not p.not_replaced for p in pods)


def end_deleted(
    trial: TrialSnapshot, node_loss_timeout: float, now: float, kind: str = "Job"
) -> Plan:
    """End a trial whose Job somebody deleted, when its pods have terminated.

    Pods of another kind's object are garbage collected with it.

    Args:
        trial: a trial without its Job.
        node_loss_timeout: seconds that a node has beyond a pod's grace period.
        now: seconds since the epoch.
        kind: what an attempt is: Job, or the kind of the sweep's manifest.
    """
    left = awaited_pods(trial, node_loss_timeout, now)
    if left and kind != "Job":
        return Plan((), node_loss_due(left, node_loss_timeout))
    if left:
        going = (DeletePod(trial.index, p.name, p.uid) for p in left if not p.deleting)
        return Plan(tuple(going), node_loss_due(left, node_loss_timeout))
    return _after_watch_lag(
        trial, RecordEnd(trial.index, TrialPhase.CANCELED, *_deleted(kind)), now
    )


def _after_watch_lag(trial: TrialSnapshot, end: RecordEnd | RecordPause, now: float) -> Plan:
    """Return the end, once the watch would have shown a pod of the deleted Job."""
    due = now if trial.job_missing_since is None else trial.job_missing_since + WATCH_LAG
    return Plan((end,)) if now >= due else Plan((), due)
