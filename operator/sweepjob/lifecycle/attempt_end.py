"""What follows the end of an attempt: the end of the trial, or another attempt."""

from __future__ import annotations

from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from .actions import RecordEnd, RecordRetry, RecordStop, TrialAction
from .snapshot import TrialSnapshot

POD_DELETED = Cause("PodDeleted", "its pod was deleted by another client")
COMPLETED = Cause("Completed", "the trainer ended with exit code 0")
INCOMPLETE = "ReportsIncomplete"

_BACKOFF = (
    10.0,
    360.0,
)  # seconds before the second attempt, doubled for each further one, and at most


def after_attempt(
    trial: TrialSnapshot,
    max_retries: int,
    now: float,
    succeeded: bool | None,
    reason: str,
    message: str,
) -> tuple[TrialAction, ...]:
    """Return the action that an attempt's end leads to.

    Args:
        trial: a live trial.
        max_retries: further attempts after failures.
        now: seconds since the epoch.
        succeeded: None for an attempt that was interrupted, which does not count as a failure.
        reason: why the attempt ended.
        message: the same in a sentence.
    """
    if succeeded:
        return (RecordEnd(trial.index, TrialPhase.SUCCEEDED, reason, message),)
    pending = trial.pending_stop
    # A failure counts when the trial is recorded as paused (``after_pause``).
    if pending is not None and (succeeded is None or pending.pauses):
        return (RecordStop(trial.index, pending),)
    if succeeded is None:
        return (next_attempt(trial, trial.failures, reason, message),)
    failures = trial.failures + 1
    if failures > max_retries or pending is not None:
        return (RecordEnd(trial.index, TrialPhase.FAILED, reason, message),)
    first, most = _BACKOFF
    pause = min(most, first * 2.0 ** min(failures - 1, 10))
    return (next_attempt(trial, failures, reason, message, now + pause),)


def next_attempt(
    trial: TrialSnapshot, failures: int, reason: str, message: str, retry_at: float | None = None
) -> RecordRetry:
    """Return the record of an attempt's end that announces the next one.

    Args:
        trial: a live trial.
        failures: failed attempts so far.
        reason: why the attempt ended.
        message: the same in a sentence.
        retry_at: seconds since the epoch before which no Job is created; None for at once.
    """
    return RecordRetry(trial.index, trial.attempt + 1, failures, reason, message, retry_at)


def success(
    incomplete: str, *, retry_incomplete: bool, completed: Cause = COMPLETED
) -> tuple[bool, str, str]:
    """Return whether an attempt whose trainer exited with 0 succeeded, with reason and message.

    Args:
        incomplete: why its reports may be incomplete; empty when they are complete.
        retry_incomplete: an attempt counts as failed if its reports may be incomplete.
        completed: what shows that it succeeded.
    """
    if not incomplete:
        return True, *completed
    message = f"{completed.message}, but its reports may be incomplete: {incomplete}"
    return not retry_incomplete, INCOMPLETE, message
