"""The importance of the parameters in the document of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..importance import BinnedAxis, MainEffect, PairEffect, analyze_importance
from ..objective import Goal
from ..read_model.trial_view import TrialView
from ..search.space import Space

_MAX_PAIRS = 15
# Of a sweep that was never accepted: its search space is unknown.
NO_IMPORTANCE = {"trials": 0, "clipped": 0, "axes": [], "mains": [], "pairs": []}


def importance_fields(space: Space, trials: Sequence[TrialView], goal: Goal) -> dict[str, Any]:
    """Return shares of variance, effects in units of the metric, and the interactions of pairs.

    Args:
        space: the search space.
        trials: all trials; those that were stopped early count with their best value so far.
        goal: the goal of the objective.
    """
    scores = [None if t.best is None else goal.score(t.best) for t in trials]
    found = analyze_importance(space, [t.record.assignment for t in trials], scores)
    axes = {main.axis.name: main.axis for main in found.mains}
    return {
        "trials": found.trials,
        "clipped": found.clipped,
        "axes": [_axis_fields(axis) for axis in axes.values()],
        "mains": [_main_fields(main, goal) for main in found.mains],
        "pairs": [_pair_fields(pair, goal) for pair in found.pairs[:_MAX_PAIRS]],
    }


def _axis_fields(axis: BinnedAxis) -> dict[str, Any]:
    return {
        "name": axis.name,
        "ordered": axis.ordered,
        "values": [b.value for b in axis.bins],
        "weights": [b.weight for b in axis.bins],
    }


def _main_fields(main: MainEffect, goal: Goal) -> dict[str, Any]:
    return {
        "name": main.axis.name,
        "share": main.share,
        "low": main.low,
        "high": main.high,
        "effect": [goal.reported(score) for score in main.effect],
        "spread": list(main.spread),
    }


def _pair_fields(pair: PairEffect, goal: Goal) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "share": pair.share,
        "effect": [[goal.reported(score) for score in row] for row in pair.effect],
    }
