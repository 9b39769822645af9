"""The Matern 5/2 kernel with a length scale for each parameter, and its derivatives.

k(r) = s (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r), r^2 = sum_a |x_a - x'_a|^2 / l_a^2.
Source: Rasmussen and Williams (2006), equation 4.17, with automatic relevance determination, 5.1.
"""

from __future__ import annotations

import math

import numpy as np

from .scales import Array

_ROOT5 = math.sqrt(5.0)


def squared_distances(a: Array, b: Array) -> Array:
    """|a_i - b_j|^2; shapes (n, w), (m, w) to (n, m)."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
    positive: Array = np.maximum(squares, 0.0)
    return positive


def matern(squares: Array) -> tuple[Array, Array]:
    """The kernel of unit variance at squared distances, and minus twice its derivative by them.

    The second, e = 5/3 (1 + sqrt(5) r) exp(-sqrt(5) r), is what all derivatives are made of:
    dk/dlog l_a = e |x_a - x'_a|^2 / l_a^2 and dk/dx_a = -e (x_a - x'_a) / l_a^2.
    """
    scaled = _ROOT5 * np.sqrt(squares)
    decay = np.exp(-scaled)
    slope = (1.0 + scaled) * decay
    return slope + (5.0 / 3.0) * squares * decay, (5.0 / 3.0) * slope


def distances_by_scale(features: Array, owner: Array, scales: int) -> Array:
    """|x_a - x'_a|^2 for each parameter a; shapes (n, w), (w,) to (scales, n, n)."""
    count = len(features)
    found = np.zeros((scales, count, count))
    for column, scale in enumerate(owner):
        difference = features[:, column, None] - features[None, :, column]
        found[scale] += difference * difference
    return found
