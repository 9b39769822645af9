"""From a sweep's trials to the importance of its parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..space import Assignment, Space
from .bins import BinnedAxis, binned_axes
from .forest import Array, grow
from .variance import Shares, interaction, variance

_TREES = 64
_FEWEST = 8  # trials, below which nothing can be said
_ROWS = 2000  # a tree's sample; more would only be slower
_AXES_IN_PAIRS = 6  # the most important ones are looked at in pairs
_SPREAD = (0.1, 0.9)  # quantiles over the trees
_SEED = 20140601
# Scores further below the middle half than this many times its width count as being there: a handful
# that diverged would otherwise be all the variance there is.
_OUTLYING = 3.0


@dataclass(frozen=True, slots=True)
class Main:
    """What a parameter does on its own.

    Attributes:
        axis: the parameter.
        share: of the variance of the score over the whole space, 0 to 1; mean over the trees.
        low, high: between these are four of five trees.
        effect: by bin, the mean score there over all other parameters.
        spread: by bin, the standard deviation of that over the trees.
    """

    axis: BinnedAxis
    share: float
    low: float
    high: float
    effect: tuple[float, ...]
    spread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """What two parameters do together.

    Attributes:
        first, second: their names.
        share: of the variance, beyond what each does alone.
        effect: by bin of the first, then of the second, the mean score over all others.
    """

    first: str
    second: str
    share: float
    effect: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Importance:
    """The importance of all parameters.

    Attributes:
        trials: how many it rests on; too few, or all equally good: no parameter is there.
        mains: the most important first.
        pairs: of the most important ones, the strongest first.
        clipped: how many scores were so bad that they were moved to the edge.
    """

    trials: int
    mains: tuple[Main, ...] = ()
    pairs: tuple[Pair, ...] = ()
    clipped: int = 0


def analyse(
    space: Space, assignments: Sequence[Assignment], scores: Sequence[float | None]
) -> Importance:
    """Which parameters the scores depend on: functional analysis of variance on a random forest (Hutter
    et al. 2014), with the search space's own probabilities.

    Args:
        assignments: of all trials.
        scores: of each its best score, larger is better; None when it has none.
    """
    finite = [n for n, s in enumerate(scores) if s is not None and math.isfinite(s)]
    axes, codes, known = binned_axes(space, [assignments[n] for n in finite])
    y = np.array([scores[n] for n in finite], dtype=float)[known]
    if len(y) < _FEWEST or not axes or np.ptp(y) == 0:
        return Importance(len(y))
    rng = np.random.default_rng(_SEED)
    y, clipped = _clip(y)
    scale = float(np.abs(y).max()) or 1.0  # squares of what is left neither overflow nor vanish
    weights = [np.array([b.weight for b in axis.bins]) for axis in axes]
    counts, ordered = [len(w) for w in weights], [axis.ordered for axis in axes]
    shares = []
    for _ in range(_TREES):
        rows = rng.permutation(len(y))[:_ROWS]
        tree = grow(codes[rows], counts, ordered, y[rows] / scale, rng)
        shares.append(Shares.of(tree, weights))
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
    axis: BinnedAxis, number: int, shares: list[Shares], weights: Array, scale: float
) -> Main:
    effects = np.stack([s.marginal(number) for s in shares])
    parts = np.array([variance(e, weights) / s.total for e, s in zip(effects, shares, strict=True)])
    low, high = np.quantile(parts, _SPREAD)
    mean, deviation = effects.mean(axis=0) * scale, effects.std(axis=0) * scale
    share = float(parts.mean())
    return Main(
        axis, share, float(low), float(high), tuple(mean.tolist()), tuple(deviation.tolist())
    )


def _pair(
    axes: list[BinnedAxis],
    first: int,
    second: int,
    shares: list[Shares],
    weights: list[Array],
    scale: float,
) -> Pair:
    joints = [s.joint(first, second) for s in shares]
    parts = [
        interaction(j, weights[first], weights[second]) / s.total
        for j, s in zip(joints, shares, strict=True)
    ]
    effect = np.mean(joints, axis=0) * scale
    share = float(np.mean(parts))
    return Pair(axes[first].name, axes[second].name, share, tuple(map(tuple, effect.tolist())))
