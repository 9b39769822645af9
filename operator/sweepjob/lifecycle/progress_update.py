"""Records the phase, the reason and the curve of a live trial while there is nothing to decide."""

from __future__ import annotations

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from .actions import Plan, RecordProgress
from .node_loss import node_loss_due
from .pause import CANNOT_PAUSE
from .remaining_containers import OUTLIVED, describe, trainer_end
from .snapshot import SweepSnapshot, TrialSnapshot
from .start_timeout import start_deadline

SUSPENDED = Cause(
    "JobSuspended", "its Job is suspended, for example by a queue; no timeout applies"
)
# Seconds that a blocker lasts before it is reported: a GPU may be free a moment later.
BLOCKER_REPORT_DELAY = 3.0


def update_progress(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Keep the record up to date while there is nothing to decide.

    Args:
        trial: a live trial.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    phase, reason, message, wakes = _current_phase(trial, sweep, now)
    if trial.desired.paused and not sweep.has_checkpoint and not reason:
        reason, message = CANNOT_PAUSE
    wakes += [start_deadline(trial, sweep), node_loss_due(trial.pods, sweep.node_loss_timeout)]
    due = trial.progress_write_due
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
    if trial.has_started(sweep.instances):
        return TrialPhase.RUNNING, "", "", []
    job = trial.job
    if job is not None and job.suspended:
        message = SUSPENDED.message.replace("Job", sweep.kind, 1)
        return TrialPhase.QUEUED, SUSPENDED.reason, message, []
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
