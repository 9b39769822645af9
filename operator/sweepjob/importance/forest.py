"""Regression trees on binned parameters, grown one level at a time for all nodes at once.

A random forest after Breiman (2001): each tree has its own bootstrap sample and is split where the
squared error falls most. The trees are not pruned, since only the forest's mean is used. ``analysis``
says why it is written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bins import Codes

Array = npt.NDArray[np.float64]
_SMALLEST_LEAF = 2
_DEEPEST = 24
_TIE = 1e-9  # share of a gain that a random number may add


@dataclass(frozen=True, slots=True)
class Tree:
    """The leaves of a tree: boxes of bins, and the mean of each.

    Attributes:
        low: the first bin of every axis, by the positions in ``orders``; shape (leaves, axes).
        high: one more than the last bin of every axis; shape (leaves, axes).
        values: the mean of each leaf; shape (leaves,).
        orders: for every axis the position of each bin.
    """

    low: Codes
    high: Codes
    values: Array
    orders: list[Codes]


def grow_tree(
    codes: Codes, counts: list[int], ordered: list[bool], y: Array, rng: np.random.Generator
) -> Tree:
    """Grow one tree.

    Args:
        codes: the bins of all rows; shape (n, axes).
        counts: the number of bins of each axis.
        ordered: whether the bins of each axis have an order; others are ordered by their means, since
            the best split into two sets is one of that order (Fisher 1958).
        y: scores; shape (n,).
        rng: draws the sample, and decides between equally good splits.
    """
    sample = rng.integers(0, len(y), len(y))
    drawn, target = codes[sample], y[sample]
    orders = [
        np.arange(count) if sorted_already else _by_mean(drawn[:, axis], target, count)
        for axis, (count, sorted_already) in enumerate(zip(counts, ordered, strict=True))
    ]
    places = np.stack([order[drawn[:, axis]] for axis, order in enumerate(orders)], axis=1)
    low = np.zeros((1, len(counts)), dtype=np.int64)
    high = np.array([counts], dtype=np.int64)
    node = np.zeros(len(target), dtype=np.int64)
    leaves: list[tuple[Codes, Codes, Array]] = []
    for depth in range(_DEEPEST + 1):
        axis, cut = _best_splits(places, target, node, len(low), counts, rng)
        if depth == _DEEPEST:
            axis[:] = -1
        is_leaf = axis < 0
        leaves.append((low[is_leaf], high[is_leaf], _means(target, node, len(low))[is_leaf]))
        if is_leaf.all():
            break
        low, high, places, target, node = _split(low, high, places, target, node, axis, cut)
    lows, highs, values = (np.concatenate(part) for part in zip(*leaves, strict=True))
    return Tree(lows, highs, values, orders)


def _by_mean(code: Codes, y: Array, count: int) -> Codes:
    """Return the position of each bin by its mean; empty bins have the overall mean."""
    totals, sizes = np.bincount(code, y, count), np.bincount(code, minlength=count)
    means = np.where(sizes > 0, totals / np.maximum(sizes, 1), y.mean())
    position = np.empty(count, dtype=np.int64)
    position[np.argsort(means, kind="stable")] = np.arange(count)
    return position


def _means(y: Array, node: Codes, nodes: int) -> Array:
    means: Array = np.bincount(node, y, nodes) / np.maximum(np.bincount(node, minlength=nodes), 1)
    return means


def _best_splits(
    places: Codes, y: Array, node: Codes, nodes: int, counts: list[int], rng: np.random.Generator
) -> tuple[Codes, Codes]:
    """Return the axis to split of every node, -1 for none, and the first bin of the upper part."""
    centred = y - _means(y, node, nodes)[node]
    # With centred values, the gain of a split follows from the sums of its parts.
    floor = 1e-12 * np.bincount(node, centred**2, nodes) + 1e-300
    gain, axis = floor, np.full(nodes, -1, dtype=np.int64)
    cut = np.zeros(nodes, dtype=np.int64)
    rows = np.arange(nodes)
    for number, count in enumerate(counts):
        cell = node * count + places[:, number]
        sums = np.bincount(cell, centred, nodes * count).reshape(nodes, count).cumsum(axis=1)
        sizes = np.bincount(cell, minlength=nodes * count).reshape(nodes, count).cumsum(axis=1)
        below, above = sizes[:, :-1], sizes[:, -1:] - sizes[:, :-1]
        allowed = (below >= _SMALLEST_LEAF) & (above >= _SMALLEST_LEAF)
        gains = sums[:, :-1] ** 2 * (1 / np.maximum(below, 1) + 1 / np.maximum(above, 1))
        gains = np.where(allowed, gains * (1 + _TIE * rng.random(gains.shape)), 0.0)
        best = gains.argmax(axis=1) if count > 1 else np.zeros(nodes, dtype=np.int64)
        found = gains[rows, best] if count > 1 else np.zeros(nodes)
        better = found > gain
        gain, axis = np.where(better, found, gain), np.where(better, number, axis)
        cut = np.where(better, best + 1, cut)
    return axis, cut


def _split(
    low: Codes, high: Codes, places: Codes, y: Array, node: Codes, axis: Codes, cut: Codes
) -> tuple[Codes, Codes, Codes, Array, Codes]:
    """Return the nodes of the next level and the rows in them, without the rows of leaves."""
    inner = np.flatnonzero(axis >= 0)
    number = np.full(len(low), -1, dtype=np.int64)
    number[inner] = np.arange(len(inner))
    low, high = np.repeat(low[inner], 2, axis=0), np.repeat(high[inner], 2, axis=0)
    pairs = np.arange(len(inner))
    high[2 * pairs, axis[inner]] = cut[inner]
    low[2 * pairs + 1, axis[inner]] = cut[inner]
    stays = number[node] >= 0
    places, y, node = places[stays], y[stays], node[stays]
    upper = places[np.arange(len(y)), axis[node]] >= cut[node]
    return low, high, places, y, 2 * number[node] + upper
