"""The covariance of the model: a Matern 5/2 kernel of all parameters, plus one of each parameter.

    k(x, x') = s M(|x - x'|_l) + t / A sum_a M(|x_a - x'_a| / m_a),   m_a = l_a / sqrt(A),
    M(r) = (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r),   |d|_l^2 = sum_a d_a^2 / l_a^2

over A parameters with a length scale each. The first part models any function. The second models sums
of functions of one parameter, which need far fewer trials and describe much of tuning well. The
variances s and t are fitted.

Sources: Rasmussen and Williams (2006), equation 4.17 and section 5.1; Duvenaud, Nickisch and
Rasmussen (2011), additive Gaussian processes of first order.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Array


def squared_distances(a: Array, b: Array) -> Array:
    """|a_i - b_j|^2; shapes (n, width) and (m, width) to (n, m)."""
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
    positive: Array = np.maximum(squares, 0.0)
    return positive


def matern(squares: Array) -> tuple[Array, Array]:
    """Return the kernel of unit variance, and minus twice its derivative by the squared distance.

    The second, e = 5/3 (1 + sqrt(5) r) exp(-sqrt(5) r), gives the derivatives by length scales:
    dM/dlog l_a = e |x_a - x'_a|^2 / l_a^2.

    Args:
        squares: squared distances; any shape.

    Returns:
        both, of the shape of ``squares``.
    """
    return matern_at(np.sqrt(5.0 * squares))


def matern_at(scaled: Array) -> tuple[Array, Array]:
    """Return the same as ``matern``, at distances times the root of 5."""
    decay = np.exp(-scaled)
    slope = (1.0 + scaled) * decay
    return slope + scaled * scaled * decay / 3.0, (5.0 / 3.0) * slope


def first_columns(owner: Array) -> Array:
    """Return the first column of each parameter; shape (width,) to (scales,).

    Args:
        owner: the parameter of each column, in ascending order.
    """
    return np.flatnonzero(np.diff(owner, prepend=-1))


def by_scale(columns: Array, starts: Array) -> Array:
    """Return the sum of the columns of each parameter.

    Args:
        columns: shape (n, width).
        starts: the first column of each parameter; shape (scales,).

    Returns:
        shape (n, scales).
    """
    if len(starts) == columns.shape[1]:
        return columns
    sums: Array = np.add.reduceat(columns, starts, axis=1)
    return sums


def sum_of_each(a: Array, b: Array, starts: Array) -> Array:
    """Return the mean over parameters of M(|x_a - x'_a| sqrt(A)).

    Most of the time of a proposal is spent here, so one matrix at a time is computed in place.

    Args:
        a: scaled features; shape (n, width).
        b: scaled features; shape (m, width).
        starts: the first column of each parameter; shape (scales,).

    Returns:
        shape (n, m).
    """
    count, total = len(starts), np.zeros((len(a), len(b)))
    for start, end in zip(starts, [*starts[1:], a.shape[1]], strict=True):
        if end - start == 1:
            scaled = np.abs(a[:, start, None] - b[None, :, start])
        else:
            scaled = np.sqrt(squared_distances(a[:, start:end], b[:, start:end]))
        scaled *= math.sqrt(5.0 * count)
        value = scaled * scaled
        value /= 3.0
        value += scaled
        value += 1.0
        value *= np.exp(np.negative(scaled, out=scaled), out=scaled)
        total += value
    total /= count
    return total
