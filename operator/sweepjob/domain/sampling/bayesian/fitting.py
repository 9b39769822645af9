"""Hyperparameters of the model: maximum a posteriori, by L-BFGS with analytic gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from .kernel import distances_by_scale, matern
from .scales import Array

# Bounds of the logarithms of length scales, signal variance and noise variance.
_LENGTH = (math.log(0.02), math.log(20.0))
_SIGNAL = (math.log(0.05), math.log(20.0))
_NOISE = (math.log(1e-8), math.log(1.0))
# Length scales: Gamma(3, 6), which keeps to a third of the range, and longer the more parameters
# there are, as distances grow with their root (Hvarfner, Hellsten and Nardi 2024).
_SHAPE, _RATE, _FEW = 3.0, 6.0, 6
_SIGNAL_SPREAD = 1.0
# Most objectives have little noise, some have much: a wide log-normal.
_NOISE_CENTRE, _NOISE_SPREAD = -9.0, 3.0
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Of a Gaussian process on standardised outcomes.

    Attributes:
        lengths: a length scale for each parameter, in units of its range; shape (scales,).
        signal: variance of the function.
        noise: variance of the noise.
        evidence: log density of the data and the hyperparameters.
    """

    lengths: Array
    signal: float
    noise: float
    evidence: float


def fit(features: Array, outcomes: Array, owner: Array, scales: int) -> Hyperparameters:
    """The most probable hyperparameters.

    Args:
        features: shape (n, width).
        outcomes: shape (n,), of mean 0 and variance 1.
        owner: the length scale of each feature, shape (width,).
        scales: the number of length scales.
    """
    objective = Posterior(features, outcomes, owner, scales)
    start = objective.start()
    bounds = [_LENGTH] * scales + [_SIGNAL, _NOISE]
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
    )
    best = found.x if np.isfinite(found.fun) else start
    return Hyperparameters(
        lengths=np.exp(best[:scales]),
        signal=float(np.exp(best[-2])),
        noise=float(np.exp(best[-1])),
        evidence=-float(found.fun),
    )


class Posterior:
    """Minus the log density of data and hyperparameters, with its gradient."""

    def __init__(self, features: Array, outcomes: Array, owner: Array, scales: int) -> None:
        self._squares = distances_by_scale(features, owner, scales)
        self._flat = self._squares.reshape(scales, -1)
        self._outcomes = outcomes
        self._scales = scales
        self._rate = _RATE / max(1.0, math.sqrt(scales / _FEW))

    def start(self) -> Array:
        """Where the search begins: the prior's own centre."""
        lengths = np.full(self._scales, math.log(_SHAPE / self._rate))
        return np.concatenate([lengths, [0.0, math.log(1e-3)]])

    def __call__(self, logs: Array) -> tuple[float, Array]:
        """Value and gradient at the logarithms of (lengths, signal, noise)."""
        lengths, signal, noise = np.exp(logs[:-2]), math.exp(logs[-2]), math.exp(logs[-1])
        weights = lengths**-2.0
        count = len(self._outcomes)
        correlation, slope = matern((weights @ self._flat).reshape(count, count))
        covariance = signal * correlation
        covariance.flat[:: count + 1] += noise + 1e-10
        try:
            factor = cho_factor(covariance, lower=True, check_finite=False)
        except LinAlgError:
            return 1e25, np.zeros_like(logs)
        solved = cho_solve(factor, self._outcomes, check_finite=False)
        inverse = cho_solve(factor, np.eye(count), check_finite=False)
        inner = inverse - np.outer(solved, solved)
        value = 0.5 * self._outcomes @ solved + np.log(np.diag(factor[0])).sum()
        by_length = 0.5 * signal * weights * (self._flat @ (inner * slope).ravel())
        by_signal = 0.5 * signal * np.sum(inner * correlation)
        by_noise = 0.5 * noise * np.trace(inner)
        prior, by_prior = self._prior(logs, lengths)
        gradient = np.concatenate([by_length, [by_signal, by_noise]])
        return float(value + prior), gradient + by_prior

    def _prior(self, logs: Array, lengths: Array) -> tuple[float, Array]:
        """Minus the log prior, and its gradient."""
        signal, noise = logs[-2] / _SIGNAL_SPREAD, (logs[-1] - _NOISE_CENTRE) / _NOISE_SPREAD
        value = (self._rate * lengths - (_SHAPE - 1) * logs[:-2]).sum()
        value += 0.5 * (signal * signal + noise * noise)
        tail = [signal / _SIGNAL_SPREAD, noise / _NOISE_SPREAD]
        return float(value), np.concatenate([self._rate * lengths - (_SHAPE - 1), tail])
