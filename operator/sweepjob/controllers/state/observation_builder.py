"""Turns an ended trial into an observation for samplers that use observations."""

from __future__ import annotations

from ...api.criteria import Criteria, TrialValues
from ...api.phases import TrialPhase
from ...early_stopping.curve import Curve
from ...early_stopping.extrapolation import ObservationHistory
from ...search.sampler import Observation
from ...search.space import Assignment


def add_observation(
    observations: ObservationHistory,
    number: int,
    assignment: Assignment,
    curve: Curve,
    phase: TrialPhase,
    criteria: Criteria,
    values: TrialValues,
) -> None:
    """Add a trial to the observations.

    A canceled trial without reports is an observation without a score, like a pending one: it is never
    proposed again.

    Args:
        observations: the observations of the sweep's ended trials.
        number: index of the trial; below zero for a trial of another sweep.
        assignment: the parameter values that it tried.
        curve: its reports.
        phase: the phase that it ended in.
        criteria: by what the trials of the sweep are compared.
        values: its values by metric.
    """
    index = number if number >= 0 else None
    scores: tuple[float | None, ...] = ()
    score = None if curve.best is None else curve.score
    if criteria.has_several_objectives:
        found = criteria.outcome(values).scores
        score, scores = None, found if any(each is not None for each in found) else ()
    is_void = score is None and not scores and phase is TrialPhase.CANCELED
    if is_void and index is None:
        return
    seen = Observation(
        index,
        assignment,
        score,
        ended=not is_void,
        scores=scores,
        constraints=criteria.excesses(values),
    )
    if criteria.has_several_objectives:  # there is no curve of one score to extrapolate
        observations.add(seen)
    elif phase is TrialPhase.SUCCEEDED:
        observations.add_full(seen, number, curve)
    elif phase is TrialPhase.EARLY_STOPPED:
        observations.add_stopped(seen, curve)
    else:
        observations.add(seen)
