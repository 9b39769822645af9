"""The limits of a sweep that depend on what its trials reach: ``target`` and ``noImprovementTrials``."""

from __future__ import annotations

from ..api import names
from ..api.meta.cause import Cause
from .snapshot import SweepSnapshot, TrialSnapshot


def target_end(sweep: SweepSnapshot) -> Cause | None:
    """Return that the target is reached, by a value on record; None if it is not.

    Args:
        sweep: the sweep.
    """
    best, limits = sweep.results.recorded, sweep.limits
    if best is None or not limits.is_target_reached(best.value, sweep.goal):
        return None
    message = (
        f"{best.trial} reached {sweep.metric} {best.value!r}; limits.target is {limits.target!r}"
    )
    return Cause(names.REASON_TARGET_REACHED, message)


def no_improvement_end(sweep: SweepSnapshot) -> Cause | None:
    """Return the cause of an end by ``noImprovementTrials``; None if the limit is not reached.

    Args:
        sweep: the sweep.
    """
    allowed, row, best = sweep.limits.no_improvement_trials, sweep.results.row, sweep.results.best
    if allowed is None or row < allowed:
        return None
    what = sweep.results.result or f"value of {sweep.metric}"
    found = f"no {what}"
    if best is not None:
        found = f"no better {what.removeprefix('value of ')} than {best!r}"
    trials = "1 trial" if row == 1 else f"{row} trials in a row"
    message = f"{trials} ended with {found}; limits.noImprovementTrials is {allowed}"
    return Cause(names.REASON_NO_IMPROVEMENT, message)


def may_end_soon(sweep: SweepSnapshot) -> bool:
    """Return whether a value that is being recorded may end the sweep. No trial starts until then.

    Args:
        sweep: the sweep.
    """
    results, allowed = sweep.results, sweep.limits.no_improvement_trials
    if sweep.limits.is_target_reached(results.best, sweep.goal):
        return True
    row = results.row + results.row_ending
    return allowed is not None and results.row_ending > 0 and row >= allowed


def has_reached_target(trial: TrialSnapshot, sweep: SweepSnapshot) -> bool:
    """Return whether a trial has reached the target itself.

    It runs to its end, so that its model is complete: many scripts save it after the report.

    Args:
        trial: a live trial.
        sweep: its sweep.
    """
    return sweep.limits.is_target_reached(trial.best, sweep.goal)
