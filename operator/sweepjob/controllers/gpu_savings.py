"""What stopping a trial early has spared."""

from __future__ import annotations

from .sweep_store import SweepState
from .trial_store import TrialState


def saving(state: SweepState, trial: TrialState, now: float) -> float:
    """GPU-seconds that stopping the trial early spared, by estimate: the reports it would still
    have made, at its own pace, less the time between the decision and now, its end.

    A full run has as many reports as the median succeeded trial; before there is one, as the
    live trial with the most, which is a lower bound.
    """
    if trial.stop is None or trial.stop.interval == 0 or trial.started is None:
        return 0.0
    if state.full_runs:
        full = float(state.full_runs[len(state.full_runs) // 2])
    else:
        full = max(t.curve.count for t in state.live.values())
    decided = trial.stopped or now
    pace = _pace(trial, decided)
    spared = pace * (full - trial.stop.interval) - (now - decided)
    return max(0.0, spared * trial.gpus)


def _pace(trial: TrialState, decided: float) -> float:
    """Seconds per report until a decision. The time before the first report, in which libraries and
    data are loaded, is no part of it, where it is known: an operator that was started since has to
    count it in.
    """
    assert trial.stop is not None
    assert trial.started is not None
    if trial.first_report is not None and trial.stop.interval > 1:
        return (decided - trial.first_report) / (trial.stop.interval - 1)
    return (decided - trial.started) / trial.stop.interval
