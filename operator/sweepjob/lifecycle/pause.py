"""Pauses a trial and continues it from its checkpoint.

The decision is recorded first, as every decision to end something. Then the pods and the Job are deleted,
and the trial is recorded as paused: its slot is free. When it continues it is another attempt, with a Job
of its own. That is neither a retry nor a failure.
"""

from __future__ import annotations

from dataclasses import replace

from ..api import names
from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import Plan, RecordEnd, RecordPause, RecordResume, RecordStop
from .attempt_end import success
from .snapshot import SweepSnapshot, TrialSnapshot

BY_PERSON = StopDecision(
    TrialPhase.PAUSED, names.REASON_PAUSED, "spec.paused of the SweepTrial is true"
)
CANCELED_BY_PERSON = StopDecision(
    TrialPhase.CANCELED, names.REASON_STOPPED, "spec.stop of the SweepTrial is true"
)
CANNOT_PAUSE = Cause(
    names.REASON_CANNOT_PAUSE,
    "spec.paused of the SweepTrial is true, but the trial goes on: its sweep has no trial.checkpoint",
)


def desired_stop(trial: TrialSnapshot, sweep: SweepSnapshot) -> StopDecision | None:
    """Return the decision that follows from the SweepTrial's spec; None if there is nothing to do.

    Args:
        trial: a live trial without a recorded decision.
        sweep: its sweep.
    """
    if trial.desired.stop:
        return CANCELED_BY_PERSON
    if trial.desired.paused and sweep.has_checkpoint and not trial.is_paused:
        return BY_PERSON
    return None


def may_pause(trial: TrialSnapshot, sweep: SweepSnapshot) -> bool:
    """Return whether a policy's decision to pause a trial still holds.

    Args:
        trial: a live trial with such a decision, which is not recorded.
        sweep: its sweep.
    """
    reached = sweep.limits.is_target_reached(trial.best, sweep.goal)
    return trial.desired.paused is not False and not reached


def end_of_paused(trial: TrialSnapshot, sweep: SweepSnapshot) -> StopDecision | None:
    """Return how a paused trial ends when its sweep does; None while it may continue.

    It ends like a trial that its policy stopped.

    Args:
        trial: a live trial.
        sweep: its sweep.
    """
    pause = trial.pause
    if not sweep.ends_paused or not trial.is_paused or pause is None:
        return None
    message = f"{pause.message}; the sweep ended before it could continue"
    return replace(pause, outcome=TrialPhase.EARLY_STOPPED, message=message)


def plan_paused(trial: TrialSnapshot) -> Plan:
    """Plan the next step of a paused trial: it ends, it continues, or it waits.

    Args:
        trial: a paused trial of which nothing runs.
    """
    if trial.pending_stop is not None and not trial.pending_stop.pauses:
        return Plan((RecordStop(trial.index, trial.pending_stop),))
    if trial.resumption is not None:
        return Plan((RecordResume(trial.index, *trial.resumption),))
    return Plan(())


def after_pause(
    trial: TrialSnapshot, sweep: SweepSnapshot, pause: StopDecision
) -> RecordPause | RecordEnd:
    """Return what follows when nothing of a trial runs any more that was to be paused.

    A trainer that ended on its own, before its pod was deleted, counts: the trial has succeeded, or the
    attempt has failed. One that exits with 0 because it was asked to end is paused.

    Args:
        trial: a trial with a recorded decision to pause it, whose pods have ended.
        sweep: its sweep.
        pause: the decision.
    """
    ended = [p for p in trial.pods if p.is_terminal and not p.is_interrupted and p.rank == 0]
    failures = trial.failures
    for pod in ended:
        if pod.succeeded:
            succeeded, reason, message = success(
                pod.incomplete, retry_incomplete=sweep.retry_incomplete
            )
            if succeeded:
                return RecordEnd(trial.index, TrialPhase.SUCCEEDED, reason, message)
            failures += 1
        else:
            failures += 1
            reason, message = pod.failure
        if failures > sweep.max_retries:
            return RecordEnd(trial.index, TrialPhase.FAILED, reason, message)
    return RecordPause(trial.index, trial.attempt + 1, failures, pause)
