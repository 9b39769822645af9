"""The importance of parameters, from a sweep's trials.

It is implemented here, because Optuna's evaluator and the fanova package do not support nested choices
and need scikit-learn or a compiler.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..search.space import Assignment, Space
from .bins import BinnedAxis, binned_axes
from .forest import Array, grow_tree
from .variance import VarianceShares, interaction, variance

_TREES = 64
_MIN_TRIALS = 8
_MAX_ROWS = 2000  # of a tree's sample
_AXES_IN_PAIRS = 6  # interactions are computed between the most important parameters
_SPREAD = (0.1, 0.9)  # quantiles over the trees
_SEED = 20140601
# Scores lower than this many interquartile ranges below the first quartile are raised to that bound: a
# few diverged trials would otherwise make up all the variance.
_OUTLYING = 3.0


@dataclass(frozen=True, slots=True)
class MainEffect:
    """The main effect of a parameter.

    Attributes:
        axis: the parameter.
        share: its share of the variance of the score over the space, 0 to 1; mean over the trees.
        low: the 10 % quantile of the share over the trees.
        high: the 90 % quantile of the share over the trees.
        effect: by bin, the mean score over all other parameters.
        spread: by bin, the standard deviation of that mean over the trees.
    """

    axis: BinnedAxis
    share: float
    low: float
    high: float
    effect: tuple[float, ...]
    spread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PairEffect:
    """The interaction of two parameters.

    Attributes:
        first: the name of the first parameter.
        second: the name of the second parameter.
        share: the share of the variance beyond both main effects, 0 to 1.
        effect: by bin of the first, then of the second, the mean score over all other parameters.
    """

    first: str
    second: str
    share: float
    effect: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Importance:
    """The importance of all parameters.

    Attributes:
        trials: the number of trials that count. With too few, or with equal scores, the other
            attributes are empty.
        mains: main effects, the largest share first.
        pairs: interactions of the most important parameters, the largest share first.
        clipped: the number of low outliers that were raised.
    """

    trials: int
    mains: tuple[MainEffect, ...] = ()
    pairs: tuple[PairEffect, ...] = ()
    clipped: int = 0


def analyze_importance(
    space: Space, assignments: Sequence[Assignment], scores: Sequence[float | None]
) -> Importance:
    """Return which parameters the scores depend on, under the probabilities of the search space.

    Source: Hutter, Hoos and Leyton-Brown (2014), functional analysis of variance on a random forest.

    Args:
        space: the search space.
        assignments: the configurations of all trials.
        scores: the best score of each, larger is better; None without one.
    """
    finite = [n for n, s in enumerate(scores) if s is not None and math.isfinite(s)]
    axes, codes, known = binned_axes(space, [assignments[n] for n in finite])
    y = np.array([scores[n] for n in finite], dtype=float)[known]
    if len(y) < _MIN_TRIALS or not axes or np.ptp(y) == 0:
        return Importance(len(y))
    rng = np.random.default_rng(_SEED)
    y, clipped = _clip(y)
    scale = float(np.abs(y).max()) or 1.0  # so that squares neither overflow nor vanish
    weights = [np.array([b.weight for b in axis.bins]) for axis in axes]
    counts, ordered = [len(w) for w in weights], [axis.ordered for axis in axes]
    shares = []
    for _ in range(_TREES):
        rows = rng.permutation(len(y))[:_MAX_ROWS]
        tree = grow_tree(codes[rows], counts, ordered, y[rows] / scale, rng)
        shares.append(VarianceShares.of(tree, weights))
    shares = [s for s in shares if s.total > 0]
    if not shares:
        return Importance(len(y))
    mains = [_main(axis, n, shares, weights[n], scale) for n, axis in enumerate(axes)]
    ranked = sorted(range(len(axes)), key=lambda n: (-mains[n].share, n))
    chosen = sorted(ranked[:_AXES_IN_PAIRS])
    pairs = [_pair(axes, a, b, shares, weights, scale) for a, b in combinations(chosen, 2)]
    pairs.sort(key=lambda pair: -pair.share)
    return Importance(len(y), tuple(mains[n] for n in ranked), tuple(pairs), clipped)


def _clip(y: Array) -> tuple[Array, int]:
    low, high = np.quantile(y, [0.25, 0.75])
    edge = low - _OUTLYING * (high - low)
    if high == low or not math.isfinite(edge):
        return y, 0
    return np.maximum(y, edge), int((y < edge).sum())


def _main(
    axis: BinnedAxis, number: int, shares: list[VarianceShares], weights: Array, scale: float
) -> MainEffect:
    effects = np.stack([s.marginal(number) for s in shares])
    parts = np.array([variance(e, weights) / s.total for e, s in zip(effects, shares, strict=True)])
    low, high = np.quantile(parts, _SPREAD)
    mean, deviation = effects.mean(axis=0) * scale, effects.std(axis=0) * scale
    share = float(parts.mean())
    return MainEffect(
        axis, share, float(low), float(high), tuple(mean.tolist()), tuple(deviation.tolist())
    )


def _pair(
    axes: list[BinnedAxis],
    first: int,
    second: int,
    shares: list[VarianceShares],
    weights: list[Array],
    scale: float,
) -> PairEffect:
    joints = [s.joint(first, second) for s in shares]
    parts = [
        interaction(j, weights[first], weights[second]) / s.total
        for j, s in zip(joints, shares, strict=True)
    ]
    effect = np.mean(joints, axis=0) * scale
    share = float(np.mean(parts))
    return PairEffect(
        axes[first].name, axes[second].name, share, tuple(map(tuple, effect.tolist()))
    )
