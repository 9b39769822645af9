"""Containers that still run when the trainer of their pod has ended, such as a proxy.

The trial ends with its trainer. The other containers have a grace period, in which an upload may finish.
Then the decision to stop them is recorded, and the pod is deleted, so that it does not hold its GPUs
forever.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import DeleteJob, DeletePod, RecordStop, TrialAction
from .snapshot import SweepSnapshot, TrialSnapshot
from .workload import EarlierAttempt, Pod, TrainerEnd

OUTLIVED = "ContainersOutliveTrainer"
_REMEDY = (
    "Run a helper container as a native sidecar (an init container with restartPolicy: Always), which "
    "ends with the trainer, or raise trial.companionGracePeriodSeconds."
)


def trainer_end(trial: TrialSnapshot) -> TrainerEnd | None:
    """Return how the trainer ended while other containers of its pod still run; None otherwise."""
    pod = _pod_of_companions(trial)
    return None if pod is None else pod.trainer_end


def _pod_of_companions(trial: TrialSnapshot) -> Pod | None:
    pods = (p for p in trial.pods if not p.is_terminal and not p.is_interrupted and settles(p))
    return min(pods, key=lambda p: p.trainer_end.ended if p.trainer_end else math.inf, default=None)


def settles(pod: Pod) -> bool:
    """Return whether the end of a trainer settles the attempt: that of rank 0, or a failure."""
    end = pod.trainer_end
    return end is not None and (pod.rank == 0 or end.failure is not None)


def overdue_end(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> TrainerEnd | None:
    """Return how the trainer ended, once the grace period of the other containers is over.

    A decision to stop the trial ends it at once, and so does a deletion of the pod: its Job would replace
    it.

    Args:
        trial: a live trial.
        sweep: its sweep.
        now: seconds since the epoch.

    Returns:
        None while the trainer or the grace period runs.
    """
    pod = _pod_of_companions(trial)
    if pod is None or pod.trainer_end is None:
        return None
    end = pod.trainer_end
    cut_short = pod.deleting or trial.pending_stop is not None
    return end if cut_short or now >= end.ended + sweep.companion_grace else None


def describe(end: TrainerEnd, grace: float) -> str:
    """Return the message about containers that still run, with the remedy.

    Args:
        end: how the trainer ended.
        grace: seconds that the other containers have.
    """
    one = len(end.others) == 1
    others = f"{_listed(end)} still {'runs' if one else 'run'} and {'is' if one else 'are'} stopped"
    return f"{_how(end)}. {others} {grace:g} s after the trainer. {_REMEDY}"


def stop_companions(
    trial: TrialSnapshot, outcome: TrialPhase, end: TrainerEnd, now: float
) -> RecordStop:
    """Return the decision to delete the pod. The trial ends as its trainer did.

    Args:
        trial: a live trial.
        outcome: the phase that the trial ends in.
        end: how the trainer ended.
        now: seconds since the epoch.
    """
    late = max(0.0, now - end.ended)
    message = (
        f"{_how(end)}. {_listed(end)} still ran {late:.0f} s later: the pod is deleted. {_REMEDY}"
    )
    reason = OUTLIVED if end.failure is None else end.failure.reason
    return RecordStop(trial.index, StopDecision(outcome, reason, message))


def _how(end: TrainerEnd) -> str:
    return "the trainer ended with exit code 0" if end.failure is None else end.failure.message


def _listed(end: TrainerEnd) -> str:
    names = ", ".join(f"'{name}'" for name in end.others)
    return f"Container{'' if len(end.others) == 1 else 's'} {names}"


def end_earlier_attempts(trial: TrialSnapshot) -> tuple[TrialAction, ...]:
    """Delete what still runs, or may run again, of earlier attempts: pods, then Jobs."""
    return tuple(action for attempt in trial.earlier for action in _end(trial.index, attempt))


def _end(index: int, attempt: EarlierAttempt) -> Iterator[TrialAction]:
    running = [p for p in attempt.pods if _is_running(p) or _never_starts(p)]
    yield from (DeletePod(index, pod.name, pod.uid) for pod in running)
    job = attempt.job
    if job is None or job.deleting or job.succeeded or job.failure is not None:
        return
    # A Job whose pod has ended ends on its own, and keeps the pod for its log. Others may create a pod.
    if job.suspended or not any(pod.is_terminal and not pod.is_interrupted for pod in attempt.pods):
        yield DeleteJob(index, job.name, job.uid, tuple(pod.uid for pod in running))


def _is_running(pod: Pod) -> bool:
    return not pod.is_terminal and not pod.deleting and not pod.disrupted


def _never_starts(pod: Pod) -> bool:
    """Return whether a node ignores one of several pods, which its Job does not replace."""
    return pod.never_started_since is not None and not pod.deleting
