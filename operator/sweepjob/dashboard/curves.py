"""Learning curves, reduced to the points that are drawn, and the policy's threshold."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..early_stopping.curve import Curve
from ..early_stopping.evaluator import PolicyEvaluator
from ..early_stopping.policies.registry import POLICIES
from ..early_stopping.policy import REPORTS, Policy, unit_of
from ..objective import Goal
from ..protocol import MAX_POINTS
from ..read_model.trial_view import TrialView

_log = logging.getLogger(__name__)
# Points of all curves of a document: a screen shows no more, and a report has to fit into an e-mail.
_MAX_POINTS = 400_000
_MIN_POINTS_PER_CURVE = 30
# The same for all curves of other metrics. With less than the minimum of each, there are none.
_MAX_METRIC_POINTS = 200_000
_MIN_POINTS_PER_METRIC = 8


def points_per_curve(trials: Sequence[TrialView]) -> int:
    """Return how many points of each curve may be drawn, so that all curves together stay in bounds.

    Curves that are shorter leave their share to the longer ones.
    """
    lengths = sorted(len(t.curve.values) + len(t.curve.thinned) for t in trials)
    if sum(lengths) <= _MAX_POINTS:
        return max(lengths, default=0)
    left, share = _MAX_POINTS, _MIN_POINTS_PER_CURVE
    for position, length in enumerate(lengths):
        share = left // (len(lengths) - position)
        if length > share:
            break
        left -= length
    return max(_MIN_POINTS_PER_CURVE, share)


def points_per_metric(trials: Sequence[TrialView]) -> int:
    """Return how many points of each curve of another metric may be drawn; 0 for too many curves."""
    count = sum(len(trial.stored_metrics or ()) for trial in trials)
    share = min(MAX_POINTS + 1, _MAX_METRIC_POINTS // max(1, count))
    return share if share >= _MIN_POINTS_PER_METRIC else 0


def sample_metrics(trial: TrialView, max_points: int) -> dict[str, list[tuple[int, float]]]:
    """Return number and value of evenly spaced reports, by metric besides the primary one.

    Args:
        trial: the trial.
        max_points: maximum number of points of each curve; 0 for no curves.
    """
    if max_points == 0:
        return {}
    found = {}
    for name, curve in trial.other_metrics.items():
        points, steps = curve.points(), max_points - 1
        if len(points) > max_points:
            points = [points[round(n * (len(points) - 1) / steps)] for n in range(max_points)]
        found[name] = points
    return found


def sample_curve(curve: Curve, max_points: int) -> dict[str, list[Any]]:
    """Return evenly spaced points of a curve; the first, the last and the best are always kept.

    Args:
        curve: the trial's curve.
        max_points: maximum number of points; 0 for none.

    Returns:
        ``intervals`` and ``values``, of equal length. Values may be infinite or NaN.
    """
    if max_points == 0:
        return {"intervals": [], "values": []}
    intervals = [*range(1, len(curve.values) + 1), *(p.interval for p in curve.thinned)]
    values = [*curve.values, *(p.value for p in curve.thinned)]
    if len(values) > max_points:
        steps = max_points - 2  # one point less than without the best, which may lie in between
        kept = {round(n * (len(values) - 1) / steps) for n in range(steps + 1)}
        if curve.best_interval in intervals:
            kept.add(intervals.index(curve.best_interval))
        positions = sorted(kept)
        intervals, values = [intervals[n] for n in positions], [values[n] for n in positions]
    return {"intervals": intervals, "values": values}


def policy_threshold(
    policy: Policy, goal: Goal, trials: Sequence[TrialView]
) -> dict[str, Any] | None:
    """Return what a trial would have to reach at each interval, given the trials as of now.

    Args:
        policy: the sweep's.
        goal: which values are better.
        trials: of the sweep, and those of other sweeps that it compares with.

    Returns:
        ``intervals`` and ``values``; None if the policy compares nothing, if its intervals are no reports
        but budgets, or if it is that of a plug-in and raises an error.
    """
    if unit_of(policy) != REPORTS:
        return None
    try:
        thresholds = _thresholds(policy, goal, trials)
    except Exception as error:
        distribution = POLICIES.distribution_of(policy.name)
        if not distribution:
            raise
        _log.warning("no threshold of policy %s of %s: %.1000r", policy.name, distribution, error)
        return None
    if not thresholds:
        return None
    return {"intervals": [n for n, _ in thresholds], "values": [value for _, value in thresholds]}


def _thresholds(policy: Policy, goal: Goal, trials: Sequence[TrialView]) -> list[tuple[int, float]]:
    evaluator = PolicyEvaluator(policy, goal)
    curves = {}
    for number, trial in enumerate(trials):
        curve = evaluator.new_curve()
        curve.values, curve.thinned = trial.curve.values, trial.curve.thinned
        curve.previous_best = trial.curve.previous_best
        curves[number] = curve
    evaluator.restore(curves)
    return list(evaluator.thresholds())
