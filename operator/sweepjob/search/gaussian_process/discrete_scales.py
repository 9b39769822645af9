"""The scales of discrete parameters: a single value, ordered values, and unordered ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import Array


class FixedScale:
    """A parameter with a single value."""

    width, continuous = 0, False

    def features(self, units: Array) -> Array:
        """Return no feature; shape (n,) to (n, 0)."""
        return np.empty((len(units), 0))

    def unit(self, value: Any) -> float | None:
        """0.5 for any value."""
        return 0.5

    def positions(self, units: Array) -> Array:
        """0 everywhere; shape (n,) to (n,)."""
        return np.zeros(len(units), dtype=int)


class OrderedScale:
    """A randint, or a choice of at least three numbers: features are evenly spaced ranks."""

    width, continuous = 1, False

    def __init__(self, count: int, values: list[float] | None = None) -> None:
        """Make the scale of ``count`` values.

        Args:
            count: the number of values.
            values: those of a choice, in its order; None for 0 to count - 1.
        """
        self._count = count
        self._rank = None if values is None else np.argsort(np.argsort(values))

    def positions(self, units: Array) -> Array:
        """Return the number of the value at each coordinate; shape (n,) to (n,)."""
        return np.minimum((units * self._count).astype(np.int64), self._count - 1)

    def features(self, units: Array) -> Array:
        """Ranks, from 0 to 1; shape (n,) to (n, 1)."""
        positions = self.positions(units)
        ranks = positions if self._rank is None else self._rank[positions]
        return (ranks / (self._count - 1))[:, None]

    def unit(self, value: Any) -> float | None:
        """Return the coordinate of an integer of a randint; None of anything else."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return (value + 0.5) / self._count if 0 <= value < self._count else None


class UnorderedScale:
    """A choice of anything else: all values have the same distance from each other."""

    continuous = False

    def __init__(self, count: int) -> None:
        self.width = count

    def positions(self, units: Array) -> Array:
        """Return the number of the value at each coordinate; shape (n,) to (n,)."""
        return np.minimum((units * self.width).astype(np.int64), self.width - 1)

    def features(self, units: Array) -> Array:
        """One-hot features, scaled; shape (n,) to (n, width)."""
        # Scaled so that two different values are at a distance of 1.
        return np.eye(self.width)[self.positions(units)] * math.sqrt(0.5)

    def unit(self, value: Any) -> float | None:
        """Not defined: ``Encoding`` places a choice by its values.

        Raises:
            TypeError: always.
        """
        raise TypeError("Encoding places a choice by its values")
