"""Maximises the acquisition function over candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .candidates import draw_candidates
from .encoding import Encoding
from .utility import Utility


@dataclass(frozen=True, slots=True)
class AcquisitionSearch:
    """The utility of configurations over a space, and its maximisation.

    Attributes:
        encoding: the encoding of the space.
        utility: what configurations are worth.
        generator: the random number generator for the candidates.
    """

    encoding: Encoding
    utility: Utility
    generator: np.random.Generator

    def value(self, points: Array) -> Array:
        """Return the utility at points; shape (n, axes) to (n,)."""
        return self.utility.value(self.encoding.features(points))

    def best(self, incumbents: Array, is_new: Callable[[Array], bool]) -> Array | None:
        """Return the best candidate that is new.

        Args:
            incumbents: good points, whose neighbours are candidates, best first; shape (n, axes).
            is_new: whether a point may be proposed.

        Returns:
            a point, shape (axes,); None when no candidate is new.
        """
        candidates = draw_candidates(self.encoding, incumbents, self.generator)
        order = np.argsort(-self.value(candidates), kind="stable")
        return next((candidates[n] for n in order if is_new(candidates[n])), None)
