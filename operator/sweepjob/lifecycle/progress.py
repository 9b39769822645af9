"""The start of a trial: what it waits for, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterable

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import Plan, RecordProgress
from .remaining_containers import OUTLIVED, describe, trainer_end
from .snapshot import SweepSnapshot, TrialSnapshot
from .workload import Pod

SUSPENDED = Cause("JobSuspended", "its Job is suspended: it waits in a queue, and no timeout runs")
# Seconds that a blocker lasts before it is reported: a GPU may be free a moment later.
BLOCKER_REPORT_DELAY = 3.0
# Seconds after which a blocker that waiting does not remove ends the trial, by default.
_START_TIMEOUT = 600.0


def start_timeout_stop(
    trial: TrialSnapshot, sweep: SweepSnapshot, now: float
) -> StopDecision | None:
    """The decision to stop a trial that has not started for too long.

    Args:
        trial: a live trial.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    deadline = _start_deadline(trial, sweep)
    if deadline is None or now < deadline or trial.start_blocker is None:
        return None
    since = now - trial.start_blocker.since
    message = f"it has not started for {since:.0f} s: {trial.start_blocker.message}"
    return StopDecision(TrialPhase.FAILED, trial.start_blocker.reason, message)


def _start_deadline(trial: TrialSnapshot, sweep: SweepSnapshot) -> float | None:
    if trial.start_blocker is None:
        return None
    timeout = sweep.limits.start_timeout
    if timeout is None:
        timeout = None if trial.start_blocker.waits else _START_TIMEOUT
    return None if timeout is None else trial.start_blocker.since + timeout


def awaited_pods(trial: TrialSnapshot, patience: float, now: float) -> list[Pod]:
    """Pods that have to terminate before the trial may end, or start again.

    Args:
        trial: a live trial.
        patience: seconds that a node has beyond a pod's grace period.
        now: seconds since the epoch.
    """
    earlier = (pod for attempt in trial.earlier for pod in attempt.pods)
    pods = (*trial.pods, *trial.orphan_pods, *earlier)
    return [pod for pod in pods if not pod.is_terminal and not pod.is_node_lost(now, patience)]


def node_loss_due(pods: Iterable[Pod], patience: float) -> float | None:
    """When the first of some pods counts as lost, or as never starting.

    Args:
        pods: pods of one trial.
        patience: seconds that a node has.

    Returns:
        Seconds since the epoch; None when no node has a deadline.
    """
    since = [
        p.termination_due if p.deleting else p.never_started_since
        for p in pods
        if not p.is_terminal
    ]
    return min((s + patience for s in since if s is not None), default=None)


def update_progress(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Keeps the record up to date while there is nothing to decide.

    Args:
        trial: a live trial.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    phase, reason, message, wakes = _current_phase(trial, sweep, now)
    wakes += [_start_deadline(trial, sweep), node_loss_due(trial.pods, sweep.node_patience)]
    due = trial.progress_due
    if (phase, reason) != (trial.phase, trial.reason) or (due is not None and due <= now):
        return Plan((RecordProgress(trial.index, phase, reason, message),))
    return Plan((), min((w for w in [*wakes, due] if w is not None), default=None))


def _current_phase(
    trial: TrialSnapshot, sweep: SweepSnapshot, now: float
) -> tuple[TrialPhase, str, str, list[float | None]]:
    """Phase, reason and message of a live trial, and when they may change merely with time."""
    end = trainer_end(trial)
    if end is not None:
        due = end.ended + sweep.companion_grace
        if now < end.ended + BLOCKER_REPORT_DELAY:
            return TrialPhase.RUNNING, "", "", [end.ended + BLOCKER_REPORT_DELAY, due]
        return TrialPhase.RUNNING, OUTLIVED, describe(end, sweep.companion_grace), [due]
    if any(pod.started is not None and not pod.is_terminal for pod in trial.pods):
        return TrialPhase.RUNNING, "", "", []
    job = trial.job
    if job is not None and job.suspended:
        return TrialPhase.QUEUED, *SUSPENDED, []
    wakes: list[float | None] = []
    if trial.start_blocker is not None:
        known = trial.start_blocker.since + BLOCKER_REPORT_DELAY
        if now >= known:
            return TrialPhase.PENDING, trial.start_blocker.reason, trial.start_blocker.message, []
        wakes.append(known)
    if trial.phase is TrialPhase.RUNNING and trial.interruption is not None:
        return TrialPhase.PENDING, *trial.interruption, wakes
    if trial.phase is TrialPhase.QUEUED:
        return TrialPhase.PENDING, "", "", wakes
    return trial.phase, trial.reason, "", wakes
