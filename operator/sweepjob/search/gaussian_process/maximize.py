"""The configuration of highest acquisition among candidates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .candidates import draw
from .encoding import Encoding
from .regression import GaussianProcess


class Search:
    """The acquisition over a space, and its maximisation.

    Attributes:
        encoding: of the space.
        process: what is believed.
        acquisition: what is wanted.
        generator: for the candidates.
    """

    def __init__(
        self,
        encoding: Encoding,
        process: GaussianProcess,
        acquisition: LogExpectedImprovement,
        generator: np.random.Generator,
    ) -> None:
        self.encoding = encoding
        self.process = process
        self.acquisition = acquisition
        self.generator = generator

    def value(self, points: Array) -> Array:
        """The acquisition at points; shapes (n, axes) to (n,)."""
        return self.acquisition.value(*self.process.predict(self.encoding.features(points)))

    def best(self, incumbents: Array, is_new: Callable[[Array], bool]) -> Array | None:
        """The best candidate that is new; None when none is.

        Args:
            incumbents: good points to look around, best first; shape (n, axes).
            is_new: whether a point may be proposed.
        """
        candidates = draw(self.encoding, incumbents, self.generator)
        order = np.argsort(-self.value(candidates), kind="stable")
        return next((candidates[n] for n in order if is_new(candidates[n])), None)
