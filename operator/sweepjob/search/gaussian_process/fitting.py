"""Fits the hyperparameters of the model: maximum a posteriori, by L-BFGS with analytic gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize

from .arrays import Array
from .kernel import by_scale, first_columns, matern, matern_at

# Bounds of the logarithms of length scales, variances and noise.
_LENGTH = (math.log(0.02), math.log(20.0))
_VARIANCE = (math.log(1e-3), math.log(20.0))
_NOISE = (math.log(1e-8), math.log(1.0))
# The prior of length scales is Gamma(3, 4), with its mode at half the range. It grows with the root of
# the number of parameters, as distances do (Hvarfner, Hellsten and Nardi 2024).
_SHAPE, _RATE, _FEW = 3.0, 4.0, 6
_START = (0.0, -1.0, math.log(1e-3))
_STEPS = 40
# The additive part costs one kernel for each parameter. It is used up to this many trials times
# parameters: always with up to 26 parameters, with more only in a sweep's beginning.
_ADDITIVE_WORK = 4000


@dataclass(frozen=True, slots=True)
class Priors:
    """Normal priors of the logarithms of the joint variance, the additive variance and the noise.

    Attributes:
        centres: their means.
        spreads: their standard deviations.
    """

    centres: tuple[float, float, float]
    spreads: tuple[float, float, float]


# The noise of most objectives is small.
OBJECTIVE_PRIORS = Priors(centres=(0.0, -1.0, -9.0), spreads=(1.0, 1.5, 3.0))


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Hyperparameters of a Gaussian process on standardised outcomes.

    Attributes:
        lengths: the length scale of each parameter, in units of its range; shape (scales,).
        joint: variance of the part that is a function of all parameters.
        additive: variance of the part that is a sum of functions of each.
        noise: variance of the noise.
        evidence: log density of the data and the hyperparameters, up to a constant.
    """

    lengths: Array
    joint: float
    additive: float
    noise: float
    evidence: float

    @property
    def variance(self) -> float:
        """The prior variance of the function."""
        return self.joint + self.additive


def fit(
    features: Array,
    outcomes: Array,
    owner: Array,
    scales: int,
    priors: Priors = OBJECTIVE_PRIORS,
) -> Hyperparameters:
    """Return the most probable hyperparameters.

    Args:
        features: shape (n, width).
        outcomes: shape (n,), of mean 0 and variance 1.
        owner: the index of the length scale of each feature, ascending; shape (width,).
        scales: the number of length scales.
        priors: the priors of variances and noise.
    """
    objective = NegativeLogPosterior(features, outcomes, owner, scales, priors)
    start = objective.start()
    bounds = [_LENGTH] * scales + [_VARIANCE, _VARIANCE, _NOISE]
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
    )
    best = np.exp(found.x if np.isfinite(found.fun) else start)
    joint, additive, noise = (float(x) for x in best[scales:])
    if not objective.is_additive:
        additive = 0.0
    return Hyperparameters(best[:scales], joint, additive, noise, -float(found.fun))


class NegativeLogPosterior:
    """Minus the log density of the data and the hyperparameters, with its gradient."""

    def __init__(
        self,
        features: Array,
        outcomes: Array,
        owner: Array,
        scales: int,
        priors: Priors = OBJECTIVE_PRIORS,
    ) -> None:
        self._centres, self._spreads = np.array(priors.centres), np.array(priors.spreads)
        # Covariances are symmetric: a pair of trials counts twice, the diagonal once.
        self._rows, self._columns = np.tril_indices(len(outcomes))
        self._weights = np.where(self._rows == self._columns, 1.0, 2.0)
        difference = features[self._rows] - features[self._columns]
        self._squares = np.ascontiguousarray(
            by_scale(difference * difference, first_columns(owner)).T
        )
        self._outcomes = outcomes
        self._scales = scales
        self._rate = _RATE / max(1.0, math.sqrt(scales / _FEW))
        work = scales * len(outcomes)
        self.is_additive = scales > 1 and work <= _ADDITIVE_WORK
        self._roots = np.sqrt(5.0 * scales * self._squares) if self.is_additive else None

    def start(self) -> Array:
        """Return the start of the search: the centre of the prior."""
        lengths = np.full(self._scales, math.log(_SHAPE / self._rate))
        return np.concatenate([lengths, _START])

    def __call__(self, logs: Array) -> tuple[float, Array]:
        """Value and gradient.

        Args:
            logs: logarithms of the lengths and of the joint, additive and noise variance; shape
                (scales + 3,).

        Returns:
            the value, and the gradient of shape (scales + 3,).
        """
        lengths = np.exp(logs[:-3])
        joint, additive, noise = (math.exp(x) for x in logs[-3:])
        scaled, count = self._squares * (lengths**-2.0)[:, None], len(self._outcomes)
        together, by_together = matern(scaled.sum(0))
        pairs = joint * together
        if self._roots is not None:
            each, by_each = matern_at(self._roots / lengths[:, None])
            alone = each.mean(0)
            pairs += additive * alone
        covariance = np.zeros((count, count))
        covariance[self._rows, self._columns] = pairs
        covariance.flat[:: count + 1] += noise + 1e-10
        try:
            factor = cho_factor(covariance, lower=True, check_finite=False)
        except LinAlgError:
            return 1e25, np.zeros_like(logs)
        solved = cho_solve(factor, self._outcomes, check_finite=False)
        lower = dpotri(factor[0], lower=1)[0]  # of the inverse: half the cost of solving for it
        inner = lower[self._rows, self._columns] - solved[self._rows] * solved[self._columns]
        by_noise = inner[self._rows == self._columns].sum()
        inner *= self._weights
        value = 0.5 * self._outcomes @ solved + np.log(np.diag(factor[0])).sum()
        by_length = 0.5 * joint * (scaled @ (inner * by_together))
        gradient = np.zeros_like(logs)
        if self._roots is not None:
            by_length += 0.5 * additive * ((scaled * by_each) @ inner)
            gradient[-2] = 0.5 * additive * (inner @ alone)
        gradient[:-3] = by_length
        gradient[-3] = 0.5 * joint * (inner @ together)
        gradient[-1] = 0.5 * noise * by_noise
        prior, by_prior = self._prior(logs, lengths)
        return float(value + prior), gradient + by_prior

    def _prior(self, logs: Array, lengths: Array) -> tuple[float, Array]:
        """Return minus the log prior, and its gradient."""
        away = (logs[-3:] - self._centres) / self._spreads
        value = (self._rate * lengths - (_SHAPE - 1) * logs[:-3]).sum() + 0.5 * (away @ away)
        by_lengths = self._rate * lengths - (_SHAPE - 1)
        return float(value), np.concatenate([by_lengths, away / self._spreads])
