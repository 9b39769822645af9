"""The importance of parameters as a page draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..objective import Goal
from ..render.views import TrialView
from ..search.importance import BinnedAxis, Main, Pair, analyse
from ..search.space import Space

_PAIRS_SHOWN = 15
# Of a sweep of which nothing can be said.
NOTHING = {"trials": 0, "clipped": 0, "axes": [], "mains": [], "pairs": []}


def importance(space: Space, trials: Sequence[TrialView], goal: Goal) -> dict[str, Any]:
    """Shares of variance, effects in units of the metric, and the pairs.

    The best value as it stood counts, of trials that were stopped early, too.
    """
    scores = [None if t.best is None else goal.score(t.best) for t in trials]
    found = analyse(space, [t.record.assignment for t in trials], scores)
    axes = {main.axis.name: main.axis for main in found.mains}
    return {
        "trials": found.trials,
        "clipped": found.clipped,
        "axes": [_axis(axis) for axis in axes.values()],
        "mains": [_main(main, goal) for main in found.mains],
        "pairs": [_pair(pair, goal) for pair in found.pairs[:_PAIRS_SHOWN]],
    }


def _axis(axis: BinnedAxis) -> dict[str, Any]:
    return {
        "name": axis.name,
        "ordered": axis.ordered,
        "values": [b.value for b in axis.bins],
        "weights": [b.weight for b in axis.bins],
    }


def _main(main: Main, goal: Goal) -> dict[str, Any]:
    return {
        "name": main.axis.name,
        "share": main.share,
        "low": main.low,
        "high": main.high,
        "effect": [goal.reported(score) for score in main.effect],
        "spread": list(main.spread),
    }


def _pair(pair: Pair, goal: Goal) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "share": pair.share,
        "effect": [[goal.reported(score) for score in row] for row in pair.effect],
    }
