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
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .arrays import Array

# From scaled features, and the first column of each parameter, to the additive part of a kernel.
SumOfEach = Callable[[Array, Array, Array], Array]
# The widest range of which exponentials, and their products, are finite.
_WIDEST = 600.0
_ROWS = 128  # of a matrix that are computed at a time, so that they stay in the cache


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


def quick_sum_of_each(a: Array, b: Array, starts: Array) -> Array:
    """Return the same as ``sum_of_each`` but for rounding, in about half of the time.

    Of two numbers, exp(-|x - y|) is the smaller one of exp(x) exp(-y) and exp(-x) exp(y), so that there
    is one exponential for each row and none for each pair. Some rows at a time stay in the cache.

    Args:
        a: scaled features; shape (n, width).
        b: scaled features; shape (m, width).
        starts: the first column of each parameter; shape (scales,).

    Returns:
        shape (n, m).
    """
    count = len(starts)
    if not len(a) or not len(b) or count != a.shape[1]:
        return sum_of_each(a, b, starts)
    root = math.sqrt(5.0 * count)
    x, y = a * root, b * root
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if high - low > _WIDEST:
        return sum_of_each(a, b, starts)
    x, y = x - 0.5 * (low + high), y - 0.5 * (low + high)
    rows = [(x, np.exp(x), np.exp(-x)), (y, np.exp(y), np.exp(-y))]
    total = np.zeros((len(a), len(b)))
    for begin in range(0, len(a), _ROWS):
        part = slice(begin, begin + _ROWS)
        _add_each(total[part], [column[part] for column in rows[0]], rows[1])
    total /= count
    return total


def _add_each(total: Array, a: Sequence[Array], b: Sequence[Array]) -> None:
    """Add the kernels of all parameters to ``total``, in place.

    Args:
        total: shape (n, m).
        a: points, their exponentials and those of minus them; each of shape (n, scales).
        b: the same of others; each of shape (m, scales).
    """
    distance, decay, other = (np.empty_like(total) for _ in range(3))
    for (x, up, down), (y, above, below) in zip(_columns(a), _columns(b), strict=True):
        np.multiply(up[:, None], below, out=decay)
        np.multiply(down[:, None], above, out=other)
        np.minimum(decay, other, out=decay)
        np.abs(np.subtract(x[:, None], y, out=distance), out=distance)
        value = np.multiply(distance, 1.0 / 3.0, out=other)
        value += 1.0
        value *= distance
        value += 1.0
        value *= decay
        total += value


def _columns(arrays: Sequence[Array]) -> Iterator[tuple[Array, ...]]:
    return zip(*(array.T for array in arrays), strict=True)
