"""Orders the trials of a sweep, by several objectives and constraints where it has them."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.criteria import Criteria, Outcome
from ..pareto.dominance import Member, ordered, pareto_front
from ..pareto.knee import knee
from .trial_view import TrialView, sort_by_score


def outcome_of(trial: TrialView, criteria: Criteria) -> Outcome:
    """Return how a trial compares.

    Args:
        trial: the trial, which may run.
        criteria: of its sweep.
    """
    curve, values = trial.curve, trial.record.values
    return criteria.outcome(criteria.values(curve.best, curve.last, values))


def front_trials(trials: Sequence[TrialView], criteria: Criteria) -> list[TrialView]:
    """Return the Pareto front of the ended trials, best in the first objective first.

    Args:
        trials: all trials of the sweep.
        criteria: of the sweep.
    """
    by_index = {trial.index: trial for trial in trials}
    return [by_index[member.index] for member in pareto_front(_members(trials, criteria))]


def best_by(front: Sequence[TrialView], criteria: Criteria, metric: str) -> TrialView:
    """Return the trial of a front that is best in one objective; of equal ones the first of the front.

    Args:
        front: a front.
        criteria: of the sweep.
        metric: the metric of an objective.
    """
    position = [o.primary_metric for o in criteria.objectives].index(metric)
    by_index = {trial.index: trial for trial in front}
    members = ordered(_members(front, criteria))
    return by_index[max(members, key=lambda member: member.scores[position]).index]


def knee_of(front: Sequence[TrialView], criteria: Criteria) -> TrialView:
    """Return the trial at the knee of a front.

    Args:
        front: a front.
        criteria: of the sweep.
    """
    by_index = {trial.index: trial for trial in front}
    return by_index[knee(_members(front, criteria)).index]


def ranked(trials: Sequence[TrialView], criteria: Criteria) -> list[TrialView]:
    """Return trials with the best first.

    With constraints, feasible trials come first, then those that violate them least. With several
    objectives, the Pareto front comes before the other feasible trials. Trials that lack a value come
    last.

    Args:
        trials: trials of a sweep.
        criteria: of the sweep.
    """
    if criteria.is_plain:
        return sort_by_score(trials)
    on_front = {trial.index for trial in front_trials(trials, criteria)}
    several = criteria.has_several_objectives

    def key(trial: TrialView) -> tuple[float, ...]:
        outcome = outcome_of(trial, criteria)
        scores = outcome.complete_scores
        if outcome.violation:
            return (2.0, *(-part for part in outcome.closeness), trial.index)
        if scores is None:
            return (3.0, -trial.curve.score, trial.index)
        group = float(several and trial.index not in on_front)
        return (group, *(-score for score in scores), trial.index)

    return sorted(trials, key=key)


def closest_trial(trials: Sequence[TrialView], criteria: Criteria) -> TrialView | None:
    """Return the ended infeasible trial that violates the constraints least; None without one.

    Args:
        trials: all trials of a sweep without a feasible one.
        criteria: of the sweep.
    """
    ended = [trial for trial in trials if trial.record.phase.is_end]
    outcomes = ((trial, outcome_of(trial, criteria)) for trial in ranked(ended, criteria))
    return next((trial for trial, outcome in outcomes if outcome.violation), None)


def _members(trials: Sequence[TrialView], criteria: Criteria) -> list[Member]:
    found = []
    for trial in trials:
        outcome = outcome_of(trial, criteria)
        scores = outcome.complete_scores
        if trial.record.phase.is_end and scores is not None and outcome.is_feasible:
            found.append(Member(scores, trial.index))
    return found
