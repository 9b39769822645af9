"""When a trial that has not started is given up."""

from __future__ import annotations

from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .snapshot import SweepSnapshot, TrialSnapshot
from .workload import StartBlocker

# Seconds after which a blocker that waiting does not remove ends the trial, by default.
_START_TIMEOUT = 600.0


def start_timeout_stop(
    trial: TrialSnapshot, sweep: SweepSnapshot, now: float
) -> StopDecision | None:
    """Return the decision to stop a trial that has not started for too long.

    Args:
        trial: a live trial.
        sweep: its sweep.
        now: seconds since the epoch.
    """
    deadline = start_deadline(trial, sweep)
    if deadline is None or now < deadline or trial.start_blocker is None:
        return None
    since = now - _since(trial, sweep, trial.start_blocker)
    message = f"it has not started for {since:.0f} s: {trial.start_blocker.message}"
    return StopDecision(TrialPhase.FAILED, trial.start_blocker.reason, message)


def start_deadline(trial: TrialSnapshot, sweep: SweepSnapshot) -> float | None:
    """Return when a trial that has not started fails, in seconds since the epoch; None for never."""
    if trial.start_blocker is None:
        return None
    timeout = sweep.limits.start_timeout
    if timeout is None:
        timeout = None if trial.start_blocker.waits else _START_TIMEOUT
    return None if timeout is None else _since(trial, sweep, trial.start_blocker) + timeout


def _since(trial: TrialSnapshot, sweep: SweepSnapshot, blocker: StartBlocker) -> float:
    """Return since when it has not started.

    The user's timeout counts over attempts that were given up. The default one does not: they waited for
    capacity, which it allows without limit.
    """
    before = trial.blocked_since
    if before is None or sweep.limits.start_timeout is None:
        return blocker.since
    return min(before, blocker.since)
