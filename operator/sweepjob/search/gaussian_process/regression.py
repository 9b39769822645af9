"""Gaussian process regression."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from .arrays import Array
from .fitting import Hyperparameters
from .kernel import SumOfEach, first_columns, matern, squared_distances, sum_of_each

_JITTER = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)
_LEAST_VARIANCE = 1e-12


class GaussianProcess:
    """The posterior of a Gaussian process of mean 0.

    Source: Rasmussen and Williams (2006), algorithm 2.1.
    """

    def __init__(
        self,
        features: Array,
        outcomes: Array,
        owner: Array,
        hyper: Hyperparameters,
        sums: SumOfEach = sum_of_each,
    ) -> None:
        """Condition the process on outcomes.

        Args:
            features: the trials' features; shape (n, width).
            outcomes: shape (n,).
            owner: the index of the length scale of each feature; shape (width,).
            hyper: the hyperparameters.
            sums: computes the additive part of the kernel.
        """
        self.hyper, self._sums = hyper, sums
        self._starts = first_columns(owner)
        self._inverse_lengths = 1.0 / hyper.lengths[owner]
        self._scaled = features * self._inverse_lengths
        lower = _factor(self._covariance(self._scaled), hyper.noise)
        self._inverse = solve_triangular(lower, np.eye(len(lower)), lower=True, check_finite=False)
        self._solved = self._inverse.T @ (self._inverse @ outcomes)

    def _covariance(self, scaled: Array) -> Array:
        """Return the covariance of points with the trials; shape (m, width) to (m, n)."""
        hyper = self.hyper
        covariance = hyper.joint * matern(squared_distances(scaled, self._scaled))[0]
        if hyper.additive:
            covariance += hyper.additive * self._sums(scaled, self._scaled, self._starts)
        return covariance

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the function, without noise.

        Args:
            features: shape (n, width).

        Returns:
            both of shape (n,).
        """
        cross = self._covariance(features * self._inverse_lengths)
        reduced = cross @ self._inverse.T
        variance = self.hyper.variance - (reduced * reduced).sum(1)
        return cross @ self._solved, np.sqrt(np.maximum(variance, _LEAST_VARIANCE))


def condition(
    features: Array,
    outcomes: Array,
    owner: Array,
    hyper: Hyperparameters,
    pending: Array,
    sums: SumOfEach = sum_of_each,
) -> GaussianProcess:
    """Return a process given outcomes, and given that pending trials will be as predicted.

    Source: Ginsbourger, Le Riche and Carraro (2010), the kriging believer.

    Args:
        features: the ended trials' features; shape (n, width).
        outcomes: shape (n,).
        owner: the index of the length scale of each feature; shape (width,).
        hyper: the hyperparameters.
        pending: the pending trials' features; shape (m, width).
        sums: computes the additive part of the kernel.
    """
    process = GaussianProcess(features, outcomes, owner, hyper, sums)
    if not len(pending):
        return process
    believed = np.concatenate([outcomes, process.predict(pending)[0]])
    return GaussianProcess(np.concatenate([features, pending]), believed, owner, hyper, sums)


def _factor(covariance: Array, noise: float) -> Array:
    """Return the Cholesky factor, with the least jitter that makes it exist, as for equal rows.

    Raises:
        LinAlgError: the matrix has a NaN.
    """
    count = len(covariance)
    for jitter in _JITTER:
        shifted = covariance.copy()
        shifted.flat[:: count + 1] += noise + jitter
        try:
            lower: Array = cholesky(shifted, lower=True, check_finite=False)
        except LinAlgError:
            continue
        return lower
    raise LinAlgError("a covariance matrix with not a number in it")
