"""Learning curves for drawing, and the threshold beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..early_stopping.curve import Curve
from ..early_stopping.evaluator import PolicyEvaluator
from ..early_stopping.policy import Policy
from ..objective import Goal
from ..render.views import TrialView

# Points of all curves together: more do not fit on a screen, and a report has to go by mail.
_POINTS = 400_000
_FEWEST = 30  # of a curve


def points_each(trials: Sequence[TrialView]) -> int:
    """How many points of each curve are drawn at most: all of them, unless they are very many."""
    lengths = sorted(len(t.curve.values) + len(t.curve.later) for t in trials)
    if sum(lengths) <= _POINTS:
        return max(lengths, default=0)
    left, most = _POINTS, _FEWEST
    for position, length in enumerate(lengths):
        most = left // (len(lengths) - position)
        if length > most:
            break
        left -= length
    return max(_FEWEST, most)


def curve_points(curve: Curve, most: int) -> dict[str, list[Any]]:
    """Intervals and values, at most so many, evenly taken; the last and the best are always among them.

    Values that are not finite are None.
    """
    if most == 0:
        return {"intervals": [], "values": []}
    intervals = [*range(1, len(curve.values) + 1), *(p.interval for p in curve.later)]
    values = [*curve.values, *(p.value for p in curve.later)]
    if len(values) > most:
        kept = {round(n * (len(values) - 1) / (most - 2)) for n in range(most - 1)}
        if curve.best_interval in intervals:
            kept.add(intervals.index(curve.best_interval))
        chosen = sorted(kept)
        intervals, values = [intervals[n] for n in chosen], [values[n] for n in chosen]
    return {"intervals": intervals, "values": values}


def thresholds(policy: Policy, goal: Goal, trials: Sequence[TrialView]) -> dict[str, Any] | None:
    """What a trial would have to reach at each interval, as of now; None where nothing is compared."""
    tracker = PolicyEvaluator(policy, goal)
    curves = {}
    for number, trial in enumerate(trials):
        curve = tracker.curve()
        curve.values, curve.later = trial.curve.values, trial.curve.later
        curve.carried = trial.curve.carried
        curves[number] = curve
    tracker.restore(curves)
    cuts = list(tracker.cuts())
    if not cuts:
        return None
    return {"intervals": [n for n, _ in cuts], "values": [value for _, value in cuts]}
