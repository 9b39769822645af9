"""The acquisition function for several objectives: the log of the expected hypervolume improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .pareto import non_dominated_boxes

# The logarithm of what a box gains if rounding leaves nothing of it.
_NOTHING = -1e3


@dataclass(frozen=True, slots=True)
class _Edges:
    """The edges of all boxes along one objective.

    Attributes:
        levels: where boxes begin or end, ascending; shape (levels,).
        lower: for each different edge, the level where it begins; shape (edges,).
        upper: the level where it ends; the number of levels if it has no end; shape (edges,).
        of_box: the edge of each box; shape (boxes,).
    """

    levels: Array
    lower: Array
    upper: Array
    of_box: Array

    @classmethod
    def of(cls, lower: Array, upper: Array) -> _Edges:
        levels = np.unique(np.concatenate([lower, upper[np.isfinite(upper)]]))
        ends = np.stack([np.searchsorted(levels, lower), np.searchsorted(levels, upper)])
        edges, of_box = np.unique(ends, axis=1, return_inverse=True)
        return cls(levels, edges[0], edges[1], of_box.reshape(-1))

    def gains(self, mean: Array, deviation: Array) -> Array:
        """Return log E of the length that f covers of each edge; shape (n,) twice to (n, edges).

        That is E max(f - lower, 0) - E max(f - upper, 0).
        """
        found = LogExpectedImprovement(self.levels).value(mean[:, None], deviation[:, None])
        endless = np.full((len(mean), 1), -np.inf)
        found = np.concatenate([found, endless], axis=1)
        below, above = found[:, self.lower], found[:, self.upper]
        with np.errstate(divide="ignore"):
            covered: Array = below + np.log(-np.expm1(np.minimum(above - below, 0.0)))
        return np.maximum(covered, below + _NOTHING)


class LogExpectedHypervolumeImprovement:
    """The logarithm of the expected gain in volume that trials dominate.

    It is exact for objectives that are independent given the trials. What no trial dominates is divided
    into boxes. In each of them the gain is a product over objectives.

    Sources: Yang, Emmerich, Deutz and Baeck (2019), box decompositions; Ament et al. (2023), section 3.4,
    the logarithm, which stays finite where the gain underflows.
    """

    def __init__(self, front: Array, reference: Array) -> None:
        """Decompose what is not dominated.

        Args:
            front: outcomes of trials; shape (n, objectives).
            reference: what an outcome has to exceed in each objective; shape (objectives,).
        """
        lower, upper = non_dominated_boxes(front, reference)
        self._edges = [_Edges.of(low, high) for low, high in zip(lower.T, upper.T, strict=True)]

    def value(self, means: Array, deviations: Array) -> Array:
        """Log E of the gain for independent normal f.

        Args:
            means: the means of f; shape (n, objectives).
            deviations: the standard deviations of f, above 0; shape (n, objectives).

        Returns:
            shape (n,).
        """
        columns = zip(self._edges, means.T, deviations.T, strict=True)
        gains = sum(edges.gains(mean, spread)[:, edges.of_box] for edges, mean, spread in columns)
        found: Array = logsumexp(gains, axis=1)
        return found
