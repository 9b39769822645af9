"""Transforms scores of trials into the outcomes that the model is fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from .arrays import Array

# Scores lower than this many interquartile ranges below the median are raised to that bound.
_FENCE = 4.0
# Scores that are farther from the median than this many median distances are no results: a loss
# that overflowed, a counter instead of a metric.
_ABSURD = 1e4


def is_failure(scores: Array) -> Array:
    """Return which trials have no usable score: no finite one, or one that is absurd.

    A single absurdly good score would hide all differences between the others, and draw the search to
    where it is. Two of them confirm one another and are results.

    Args:
        scores: larger is better; minus infinity without a finite score; shape (n,).

    Returns:
        boolean, shape (n,).
    """
    finite = np.isfinite(scores)
    if not finite.any():
        return ~finite
    middle, spread = _middle_and_spread(scores[finite])
    failed: Array = ~(middle - scores <= _ABSURD * spread)  # so that it holds of infinity, too
    above = ~(scores - middle <= _ABSURD * spread)
    return failed | above if above.sum() == 1 else failed


def _middle_and_spread(finite: Array) -> tuple[float, float]:
    """Return the median and the median distance from it, above 0: half of the scores may be absurd."""
    middle = float(np.median(finite))
    distances = np.abs(finite - middle)
    spread = float(np.median(distances))
    if spread == 0:  # most scores are equal: any other is the measure
        spread = float(distances[distances > 0].min(initial=math.inf))
    return middle, spread


def winsorize(scores: Array) -> Array:
    """Return scores with low outliers raised to a bound; the better half is unchanged.

    A single score of -10^12 would hide all differences between the others, while it says little about
    where good trials are.

    Args:
        scores: larger is better, finite; shape (n,).

    Returns:
        shape (n,).
    """
    if not len(scores):
        return scores
    low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])
    spread = max(high - low, middle - low, 1e-300)
    winsorized: Array = np.maximum(scores, middle - _FENCE * spread)
    return winsorized


def standardise(scores: Array) -> Array:
    """Return scores scaled to mean 0 and variance 1; zeros if all are equal. Shape (n,) to (n,)."""
    # Centred and scaled first: squares of 10^200 overflow, and 10^12 + 1e-3 would lose its 1e-3.
    centred = scores - np.median(scores)
    largest = float(np.abs(centred).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return np.zeros(len(scores))
    centred = centred / largest
    deviation = float(centred.std())
    return (centred - centred.mean()) / deviation if deviation > 1e-12 else np.zeros(len(scores))


@dataclass(frozen=True, slots=True)
class Warp:
    """A power transform that may make standardised outcomes more normal.

    Source: Yeo and Johnson (2000), equation 2.1. The transform is implemented here, because a fit
    evaluates it some twenty times: scipy.stats.yeojohnson gives the same bits in three times the time.

    Attributes:
        exponent: the exponent of the transform; 1 leaves outcomes unchanged.
    """

    exponent: float = 1.0

    def __call__(self, values: Array) -> Array:
        """Transform outcomes and standardize them again; shape (n,) to (n,)."""
        return values if self.exponent == 1.0 else standardise(yeo_johnson(values, self.exponent))

    def log_jacobian(self, values: Array) -> float:
        """Return the logarithm of the Jacobian of the transform.

        Added to the log density of the transformed outcomes, it makes that comparable with the
        density of ``values``.

        Args:
            values: standardised outcomes; shape (n,).

        Returns:
            minus infinity when all transformed outcomes are equal.
        """
        if self.exponent == 1.0:
            return 0.0
        deviation = float(yeo_johnson(values, self.exponent).std())
        if not deviation > 1e-12:
            return -math.inf
        return _jacobian(values, self.exponent) - len(values) * math.log(deviation)


def candidate_warps(values: Array) -> tuple[Warp, Warp]:
    """Return the transforms to compare: the identity, and the power that makes outcomes most normal.

    Args:
        values: standardised outcomes; shape (n,).
    """

    def cost(exponent: float) -> float:
        moved = yeo_johnson(values, exponent)
        spread = 0.5 * len(values) * math.log(max(float(moved.var()), 1e-300))
        return spread - _jacobian(values, exponent)

    found = minimize_scalar(cost, bounds=(-2.0, 4.0), method="bounded", options={"xatol": 1e-2})
    return Warp(), Warp(float(found.x))


def no_warp(values: Array) -> tuple[Warp]:
    """Return the identity alone, for outcomes whose distances are to stay what they are."""
    return (Warp(),)


def yeo_johnson(values: Array, exponent: float) -> Array:
    """Return the transform of Yeo and Johnson (2000), equation 2.1; shape (n,) to (n,)."""
    moved = np.empty_like(values)
    positive = values >= 0
    for rows, sign, power in ((positive, 1.0, exponent), (~positive, -1.0, 2.0 - exponent)):
        size = np.log1p(sign * values[rows])
        moved[rows] = sign * (size if abs(power) < 1e-9 else np.expm1(power * size) / power)
    return moved


def _jacobian(values: Array, exponent: float) -> float:
    return float((exponent - 1.0) * (np.sign(values) * np.log1p(np.abs(values))).sum())
