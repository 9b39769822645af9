"""Divides the variance of a tree's prediction over a space among the parameters.

Source: Hutter, Hoos and Leyton-Brown (2014), "An Efficient Approach for Assessing Hyperparameter
Importance", sections 3 and 4. A tree is constant on boxes, so that the mean of its prediction over all
other parameters (equation 5) is a sum over its leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .bins import Codes
from .forest import Array, Tree


@dataclass(frozen=True, slots=True)
class VarianceShares:
    """A tree under the probabilities of its bins.

    Attributes:
        tree: its leaves.
        weights: by axis, the probability of every bin in the tree's order; they sum to 1.
        widths: the probability of each leaf's interval; shape (leaves, axes).
        volumes: the probability of each leaf's box; shape (leaves,).
        mean: the mean of the prediction.
        total: the variance of the prediction.
    """

    tree: Tree
    weights: list[Array]
    widths: Array
    volumes: Array
    mean: float
    total: float

    @classmethod
    def of(cls, tree: Tree, weights: list[Array]) -> VarianceShares:
        """Return the tree under probabilities.

        Args:
            tree: its leaves.
            weights: by axis, the probability of every bin in the order of the bins.
        """
        own = [_reordered(w, order) for w, order in zip(weights, tree.orders, strict=True)]
        sums = [np.concatenate([[0.0], np.cumsum(w)]) for w in own]
        widths = np.stack(
            [s[tree.high[:, n]] - s[tree.low[:, n]] for n, s in enumerate(sums)], axis=1
        )
        volumes = widths.prod(axis=1)
        mean = float(volumes @ tree.values)
        total = float(volumes @ (tree.values - mean) ** 2)
        return cls(tree, own, widths, volumes, mean, total)

    def marginal(self, axis: int) -> Array:
        """Return the mean prediction in each bin of an axis over all other axes; shape (bins,)."""
        tree, count = self.tree, len(self.weights[axis])
        part = tree.values * self.volumes / self.widths[:, axis]
        steps = np.zeros(count + 1)
        steps += np.bincount(tree.low[:, axis], part, count + 1)
        steps -= np.bincount(tree.high[:, axis], part, count + 1)
        found: Array = np.cumsum(steps[:-1])[tree.orders[axis]]
        return found

    def joint(self, first: int, second: int) -> Array:
        """Return the same for two axes; shape (bins of the first, bins of the second)."""
        tree = self.tree
        rows, columns = len(self.weights[first]) + 1, len(self.weights[second]) + 1
        part = tree.values * self.volumes / (self.widths[:, first] * self.widths[:, second])
        steps = np.zeros(rows * columns)
        for x, sign in ((tree.low, 1.0), (tree.high, -1.0)):
            for y, other in ((tree.low, 1.0), (tree.high, -1.0)):
                cells = x[:, first] * columns + y[:, second]
                steps += np.bincount(cells, sign * other * part, rows * columns)
        sums = steps.reshape(rows, columns)[:-1, :-1].cumsum(axis=0).cumsum(axis=1)
        found: Array = sums[np.ix_(tree.orders[first], tree.orders[second])]
        return found


def variance(marginal: Array, weights: Array) -> float:
    """Return the variance of a main effect: equation 8 of the paper.

    Args:
        marginal: the mean prediction in each bin; shape (bins,).
        weights: the probability of each bin; shape (bins,).
    """
    mean = float(weights @ marginal)
    return float(weights @ (marginal - mean) ** 2)


def interaction(joint: Array, first: Array, second: Array) -> float:
    """Return the variance of an interaction beyond both main effects.

    Args:
        joint: the mean prediction; shape (bins of the first, bins of the second).
        first: the probability of the bins of the first parameter.
        second: the probability of the bins of the second parameter.
    """
    rows, columns = joint @ second, first @ joint
    rest = joint - rows[:, None] - columns[None, :] + float(first @ rows)
    return float(first @ rest**2 @ second)


def _reordered(weights: Array, order: Codes) -> Array:
    own = np.empty_like(weights)
    own[order] = weights
    return own
