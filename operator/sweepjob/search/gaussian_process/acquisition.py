"""The acquisition function: the logarithm of the expected improvement.

It is implemented here, since no dependency of the package provides it; scipy provides its special
functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx, ndtr

from .arrays import Array

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_ROOT_HALF_PI = math.sqrt(math.pi / 2)
# Below, the difference of two nearly equal numbers is computed from logarithms.
_FAR = -1.0


@dataclass(frozen=True, slots=True)
class LogExpectedImprovement:
    """The logarithm of the expected improvement over ``best``; finite where that underflows.

    Source: Ament et al. (2023), equation 9.

    Attributes:
        best: the outcome to improve on, or several; a shape that broadcasts with the means.
    """

    best: float | Array

    def value(self, mean: Array, deviation: Array) -> Array:
        """Log E max(f - best, 0) for normal f.

        Args:
            mean: the mean of f; shape (n,).
            deviation: the standard deviation of f, above 0; shape (n,).

        Returns:
            shape (n,).
        """
        z = (np.asarray(mean) - self.best) / deviation
        return np.log(deviation) + log_h(z)


def log_h(z: Array) -> Array:
    """log(phi(z) + z Phi(z)) for any z, of the standard normal density and distribution; any shape."""
    near = np.maximum(z, _FAR)
    plain = np.log(np.exp(-0.5 * near * near - _LOG_ROOT_2PI) + near * ndtr(near))
    far = np.minimum(z, _FAR)
    # phi(z) (1 - |z| Phi(z) / phi(z)); the Mills ratio tends to 1 / |z|.
    rest = 1.0 + far * _ROOT_HALF_PI * erfcx(-far * math.sqrt(0.5))
    # Far out that difference is rounding error; its expansion is 1 / z^2 - 3 / z^4.
    rest = np.where(far < -1e3, far**-2.0, np.maximum(rest, 1e-300))
    return np.where(z > _FAR, plain, -0.5 * far * far - _LOG_ROOT_2PI + np.log(rest))
