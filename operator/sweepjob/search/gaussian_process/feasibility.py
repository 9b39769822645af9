"""The chance that a configuration meets a constraint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.special import log_ndtr

from .arrays import Array
from .encoding import Encoding
from .fit_cache import FitCache
from .kernel import quick_sum_of_each
from .regression import GaussianProcess, condition
from .selection import fitted_count, select_trials

# Trials that hyperparameters are fitted to, and that predictions are made from, at most.
_FITTED, _MODELLED = 100, 300
# The constraint is modelled from this many values on.
_LEAST_VALUES = 3
# Values are compressed to this many units of the bilogarithm: some 150 median sizes.
_FARTHEST = 5.0
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class FeasibilityProbability:
    """The chance of a constraint's value to be at most 0.

    Attributes:
        process: the posterior of the standardised values.
        limit: what they may be at most.
    """

    process: GaussianProcess
    limit: float

    def log(self, features: Array) -> Array:
        """Return the logarithm of the chance to be feasible; shape (n, width) to (n,)."""
        mean, deviation = self.process.predict(features)
        found: Array = log_ndtr((self.limit - mean) / deviation)
        return found


@dataclass(slots=True)
class ConstraintModel:
    """Infers the chance to meet a constraint from the values of trials.

    Attributes:
        encoding: the encoding of the space.
    """

    encoding: Encoding
    _fits: FitCache = field(init=False)

    def __post_init__(self) -> None:
        self._fits = FitCache(self.encoding)

    def infer(self, points: Array, values: Array, pending: Array) -> FeasibilityProbability | None:
        """Return the chance given trials; None while too little is known, or all values are equal.

        Args:
            points: points of trials with a value, in the order of their indices; shape (n, axes).
            values: at most 0 is feasible, finite; shape (n,).
            pending: points of pending trials without a value; shape (m, axes).
        """
        if len(values) < _LEAST_VALUES:
            return None
        first = fitted_count(len(values))
        scale = ConstraintScale.of(values[:first])
        if scale is None:
            return None
        outcomes, owner = scale(values), self.encoding.owner
        # What matters is where the limit is: the values nearest to it, and the newest.
        nearness = -np.abs(outcomes - scale.limit)
        fitted = select_trials(nearness[:first], _FITTED)
        hyper = self._fits.fit(points[fitted], outcomes[fitted])
        keep = select_trials(nearness, _MODELLED)
        features = self.encoding.features(points[keep])
        running = self.encoding.features(pending)
        process = condition(features, outcomes[keep], owner, hyper, running, quick_sum_of_each)
        return FeasibilityProbability(process, scale.limit)


@dataclass(frozen=True, slots=True)
class ConstraintScale:
    """Compresses values far from the limit, keeps on which side they are, and standardises them.

    How far outside a trial is matters little, and one value of 10^12 would hide all differences.

    Source: Eriksson and Poloczek (2021), section 3, the bilogarithm; here relative to the median size.

    Attributes:
        unit: the median size of values.
        centre: the mean of the bilogarithms.
        spread: their standard deviation.
    """

    unit: float
    centre: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, values: Array) -> ConstraintScale | None:
        """Return the scale of finite values of shape (n,); None if all of them are equal."""
        sizes = np.abs(values)
        unit = float(np.median(sizes[sizes > 0])) if sizes.any() else 1.0
        compressed = cls(unit)(values)
        spread = float(compressed.std())
        return cls(unit, float(compressed.mean()), spread) if spread > _LEAST_SPREAD else None

    @property
    def limit(self) -> float:
        """What a scaled value may be at most."""
        return -self.centre / self.spread

    def __call__(self, values: Array) -> Array:
        """Scale values; shape (n,) to (n,)."""
        with np.errstate(over="ignore"):
            compressed = np.minimum(np.log1p(np.abs(values) / self.unit), _FARTHEST)
        scaled: Array = (np.sign(values) * compressed - self.centre) / self.spread
        return scaled


def total_violation(constraints: Array) -> Array:
    """Return how far trials are from being feasible, over all constraints.

    Args:
        constraints: at most 0 is feasible, NaN is unknown; shape (n, constraints).

    Returns:
        0 for feasible trials, infinity where a value is unknown; shape (n,).
    """
    total = np.zeros(len(constraints))
    for values in constraints.T:
        over = np.where(np.isnan(values), math.inf, np.maximum(values, 0.0))
        size = np.median(over[np.isfinite(over) & (over > 0)]) if np.any(over > 0) else 1.0
        total += over / (size if math.isfinite(size) and size > 0 else 1.0)
    return total
