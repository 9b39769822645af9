"""A trial that goes on: what its record should say, and for how long it may fail to get going."""

from __future__ import annotations

from collections.abc import Iterable

from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from .actions import Plan, RecordProgress
from .companions import OUTLIVED, describe, trainer_end
from .observed import Pod
from .snapshot import Snapshot, Trial

SUSPENDED = ("JobSuspended", "its Job is suspended: it waits in a queue, and no timeout runs")
# A trouble that is over within so many seconds is not worth a word: a GPU may be free a moment later.
PATIENCE = 3.0
# Troubles that no waiting mends, by default: seconds that they may last before they end the trial.
_START_TIMEOUT = 600.0


def cannot_start(trial: Trial, sweep: Snapshot, now: float) -> StopDecision | None:
    """The decision to give up a trial that has not got going for too long."""
    deadline = _start_deadline(trial, sweep)
    if deadline is None or now < deadline or trial.start_blocker is None:
        return None
    since = now - trial.start_blocker.since
    message = f"it has not got going for {since:.0f} s: {trial.start_blocker.message}"
    return StopDecision(TrialPhase.FAILED, trial.start_blocker.reason, message)


def _start_deadline(trial: Trial, sweep: Snapshot) -> float | None:
    if trial.start_blocker is None:
        return None
    timeout = sweep.limits.start_timeout
    if timeout is None:
        timeout = None if trial.start_blocker.waits else _START_TIMEOUT
    return None if timeout is None else trial.start_blocker.since + timeout


def living(trial: Trial, patience: float, now: float) -> list[Pod]:
    """The pods of a trial that are waited for before it may end, or start."""
    earlier = (pod for attempt in trial.earlier for pod in attempt.pods)
    pods = (*trial.pods, *trial.orphan_pods, *earlier)
    return [pod for pod in pods if not pod.is_terminal and not pod.is_lost(now, patience)]


def first_loss(pods: Iterable[Pod], patience: float) -> float | None:
    """When the first of the pods that are to go, or to start, will count as lost."""
    since = [p.gone_by if p.deleting else p.never_started_since for p in pods if not p.is_terminal]
    return min((s + patience for s in since if s is not None), default=None)


def go_on(trial: Trial, sweep: Snapshot, now: float) -> Plan:
    """Keep the record up to date while there is nothing to decide."""
    phase, reason, message, wakes = _standing(trial, sweep, now)
    wakes += [_start_deadline(trial, sweep), first_loss(trial.pods, sweep.node_patience)]
    due = trial.progress_due
    if (phase, reason) != (trial.phase, trial.reason) or (due is not None and due <= now):
        return Plan((RecordProgress(trial.index, phase, reason, message),))
    return Plan((), min((w for w in [*wakes, due] if w is not None), default=None))


def _standing(
    trial: Trial, sweep: Snapshot, now: float
) -> tuple[TrialPhase, str, str, list[float | None]]:
    """Phase, reason and sentence of a trial that goes on, and when they may change by time alone."""
    end = trainer_end(trial)
    if end is not None:
        due = end.ended + sweep.companion_grace
        if now < end.ended + PATIENCE:
            return TrialPhase.RUNNING, "", "", [end.ended + PATIENCE, due]
        return TrialPhase.RUNNING, OUTLIVED, describe(end, sweep.companion_grace), [due]
    if any(pod.started is not None and not pod.is_terminal for pod in trial.pods):
        return TrialPhase.RUNNING, "", "", []
    job = trial.job
    if job is not None and job.suspended:
        return TrialPhase.QUEUED, *SUSPENDED, []
    wakes: list[float | None] = []
    if trial.start_blocker is not None:
        known = trial.start_blocker.since + PATIENCE
        if now >= known:
            return TrialPhase.PENDING, trial.start_blocker.reason, trial.start_blocker.message, []
        wakes.append(known)
    if trial.phase is TrialPhase.RUNNING and trial.interruption is not None:
        return TrialPhase.PENDING, *trial.interruption, wakes
    if trial.phase is TrialPhase.QUEUED:
        return TrialPhase.PENDING, "", "", wakes
    return trial.phase, trial.reason, "", wakes
