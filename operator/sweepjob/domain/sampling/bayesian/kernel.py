"""The covariance of the model: a Matern 5/2 kernel of all parameters, and one of each by itself.

    k(x, x') = s M(|x - x'|_l) + t / A sum_a M(|x_a - x'_a| / m_a),   m_a = l_a / sqrt(A),
    M(r) = (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r),   |d|_l^2 = sum_a d_a^2 / l_a^2

over A parameters with a length scale each. The first part can be any function; the second is a sum
of functions of one parameter, of which far fewer trials tell far more, and much of tuning is nearly
one. How much there is of each is fitted. Sources: Rasmussen and Williams (2006), equation 4.17 and
section 5.1; Duvenaud, Nickisch and Rasmussen (2011), additive Gaussian processes of first order.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Array

_ROOT5 = math.sqrt(5.0)


def squared_distances(a: Array, b: Array) -> Array:
    """|a_i - b_j|^2; shapes (n, w), (m, w) to (n, m)."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
    positive: Array = np.maximum(squares, 0.0)
    return positive


def matern(squares: Array) -> tuple[Array, Array]:
    """The kernel of unit variance at squared distances, and minus twice its derivative by them.

    The second, e = 5/3 (1 + sqrt(5) r) exp(-sqrt(5) r), is what all derivatives are made of:
    dM/dlog l_a = e |x_a - x'_a|^2 / l_a^2 and dM/dx_a = -e (x_a - x'_a) / l_a^2.
    """
    scaled = _ROOT5 * np.sqrt(squares)
    decay = np.exp(-scaled)
    slope = (1.0 + scaled) * decay
    return slope + (5.0 / 3.0) * squares * decay, (5.0 / 3.0) * slope


def distances_by_scale(a: Array, b: Array, owner: Array, scales: int) -> Array:
    """Squared distances by each parameter alone; shapes (n, w), (m, w), (w,) to (scales, n, m)."""
    found = np.zeros((scales, len(a), len(b)))
    for column, scale in enumerate(owner):
        difference = a[:, column, None] - b[None, :, column]
        found[scale] += difference * difference
    return found
