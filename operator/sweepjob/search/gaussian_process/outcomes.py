"""What was observed of trials to what the model is fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from .arrays import Array

# So many interquartile ranges below the median, a score is simply bad.
_FENCE = 4.0


def winsorize(scores: Array) -> Array:
    """Scores of trials, larger is better, with the hopeless ones pulled in.

    How bad a bad trial is tells little about where good ones are, but a single value of -10^12 would
    leave nothing to see of the others. The better half is left alone.

    Args:
        scores: shape (n,); minus infinity for trials that failed, which count as the worst there is.
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return np.zeros(len(scores))
    low, middle, high = np.quantile(finite, [0.25, 0.5, 0.75])
    spread = max(high - low, middle - low, 1e-300)
    fence = middle - _FENCE * spread
    worst = max(float(finite.min()), fence)
    tamed: Array = np.maximum(scores, worst)
    return tamed


def standardise(scores: Array) -> Array:
    """Scores of mean 0 and variance 1; of equal ones, 0."""
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
    """A power of standardised outcomes under which they may be more normal.

    Attributes:
        exponent: of Yeo and Johnson (2000, equation 2.1); 1 leaves outcomes as they are.
    """

    exponent: float = 1.0

    def __call__(self, values: Array) -> Array:
        """The outcomes seen that way, standardised again."""
        return values if self.exponent == 1.0 else standardise(_yeo_johnson(values, self.exponent))

    def gain(self, values: Array) -> float:
        """The log of the Jacobian: what has to be added to the log density of what comes out of it
        to compare it with that of ``values`` themselves. Minus infinity if nothing comes out.
        """
        if self.exponent == 1.0:
            return 0.0
        deviation = float(_yeo_johnson(values, self.exponent).std())
        if not deviation > 1e-12:
            return -math.inf
        return _jacobian(values, self.exponent) - len(values) * math.log(deviation)


def warps(values: Array) -> tuple[Warp, Warp]:
    """The ways to look at standardised outcomes that are worth a try: as they are, and by the power
    that makes them most normal.
    """

    def cost(exponent: float) -> float:
        moved = _yeo_johnson(values, exponent)
        spread = 0.5 * len(values) * math.log(max(float(moved.var()), 1e-300))
        return spread - _jacobian(values, exponent)

    found = minimize_scalar(cost, bounds=(-2.0, 4.0), method="bounded", options={"xatol": 1e-2})
    return Warp(), Warp(float(found.x))


def _yeo_johnson(values: Array, exponent: float) -> Array:
    moved = np.empty_like(values)
    positive = values >= 0
    for rows, sign, power in ((positive, 1.0, exponent), (~positive, -1.0, 2.0 - exponent)):
        size = np.log1p(sign * values[rows])
        moved[rows] = sign * (size if abs(power) < 1e-9 else np.expm1(power * size) / power)
    return moved


def _jacobian(values: Array, exponent: float) -> float:
    return float((exponent - 1.0) * (np.sign(values) * np.log1p(np.abs(values))).sum())
