"""A Gaussian process: what is believed of the objective, given what was observed."""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from .fitting import Hyperparameters
from .kernel import matern, squared_distances
from .scales import Array

_JITTER = (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)


class Process:
    """The posterior of a Gaussian process of mean 0.

    Source: Rasmussen and Williams (2006), algorithm 2.1.
    """

    def __init__(
        self, features: Array, outcomes: Array, owner: Array, hyper: Hyperparameters
    ) -> None:
        """Shapes as in ``fit``."""
        self.hyper = hyper
        self._inverse_lengths = 1.0 / hyper.lengths[owner]
        self._scaled = features * self._inverse_lengths
        covariance = hyper.signal * matern(squared_distances(self._scaled, self._scaled))[0]
        lower = _factor(covariance, hyper.noise)
        self._inverse = solve_triangular(lower, np.eye(len(lower)), lower=True, check_finite=False)
        self._solved = self._inverse.T @ (self._inverse @ outcomes)

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the function, without noise; (n, width) to (n,), (n,)."""
        scaled = features * self._inverse_lengths
        cross = self.hyper.signal * matern(squared_distances(scaled, self._scaled))[0]
        reduced = cross @ self._inverse.T
        variance = self.hyper.signal - (reduced * reduced).sum(1)
        return cross @ self._solved, np.sqrt(np.maximum(variance, 1e-12))

    def slopes(self, features: Array) -> tuple[float, float, Array, Array]:
        """At one point, shape (width,): mean, standard deviation, and their gradients, (width,)."""
        difference = features * self._inverse_lengths - self._scaled
        correlation, slope = matern((difference * difference).sum(1))
        cross = self.hyper.signal * correlation
        reduced = self._inverse @ cross
        deviation = float(np.sqrt(max(self.hyper.signal - reduced @ reduced, 1e-12)))
        jacobian = -self.hyper.signal * slope[:, None] * difference * self._inverse_lengths
        by_variance = -2.0 * (self._inverse.T @ reduced) @ jacobian
        return (
            float(cross @ self._solved),
            deviation,
            self._solved @ jacobian,
            by_variance / (2.0 * deviation),
        )


def _factor(covariance: Array, noise: float) -> Array:
    """The Cholesky factor, with as little jitter as it takes: equal rows are no error."""
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
