"""Estimates the GPU time that stopping a trial early saved."""

from __future__ import annotations

from ..early_stopping.policy import BudgetPolicy
from .state.sweep_state import SweepState
from .state.trial_state import TrialState


def gpu_seconds_saved(state: SweepState, trial: TrialState, now: float) -> float:
    """Estimate the GPU-seconds that stopping a trial early saved.

    They are the GPU-seconds of the reports that it would still have made at its own pace, less those
    between the decision and its end. The pace of a trial that was paused is that of its executions. A
    full run has as many reports as the median succeeded trial; before there is one, as many as the live
    trial with the most, which is a lower bound.

    Args:
        state: the state of the trial's sweep.
        trial: a trial that was stopped early.
        now: seconds since the epoch when it ended.
    """
    stop, started = trial.status.stop, trial.status.started
    if stop is None or stop.interval == 0 or started is None:
        return 0.0
    if state.spec.budget_policy is not None:
        return _saved_budget(state.spec.budget_policy, trial)
    lengths = state.results.full_lengths
    if lengths:
        full = float(lengths[len(lengths) // 2])
    else:
        full = max(t.reports.curve.count for t in state.live.values())
    if trial.status.pause is not None and trial.reports.curve.count:
        count = trial.reports.curve.count
        return max(0.0, trial.usage.total_gpu_seconds / count * (full - count))
    decided = trial.status.stopped_at or now
    report = _seconds_per_report(trial.reports.first_at, started, decided, stop.interval)
    saved = report * (full - stop.interval) - (now - decided)
    return max(0.0, saved * trial.usage.gpu_count)


def _saved_budget(policy: BudgetPolicy, trial: TrialState) -> float:
    """Return what one execution with the largest budget would have used in addition."""
    done, largest = sum(rung.budget for rung in trial.rungs), 0
    while (budget := policy.next_budget(trial.index, largest)) is not None:
        largest = budget
    if not done:
        return 0.0
    return max(0.0, trial.usage.total_gpu_seconds / done * (largest - done))


def _seconds_per_report(
    first: float | None, started: float, decided: float, interval: int
) -> float:
    """Return the mean seconds per report until a decision.

    The time before the first report, in which libraries and data are loaded, does not count if it is
    known; an operator that was restarted does not know it, and includes it.
    """
    if first is not None and interval > 1:
        return (decided - first) / (interval - 1)
    return (decided - started) / interval
