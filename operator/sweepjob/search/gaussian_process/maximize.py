"""Maximises the acquisition function over candidates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .candidates import draw_candidates
from .encoding import Encoding
from .failures import SuccessProbability
from .regression import GaussianProcess


class AcquisitionSearch:
    """The acquisition function over a space, and its maximisation.

    Attributes:
        encoding: the encoding of the space.
        process: the posterior of the objective.
        acquisition: the value of a mean and a standard deviation.
        generator: the random number generator for the candidates.
        success: the chance of success; None when no trial has failed.
    """

    def __init__(
        self,
        encoding: Encoding,
        process: GaussianProcess,
        acquisition: LogExpectedImprovement,
        generator: np.random.Generator,
        success: SuccessProbability | None = None,
    ) -> None:
        self.encoding = encoding
        self.process = process
        self.acquisition = acquisition
        self.generator = generator
        self.success = success

    def value(self, points: Array) -> Array:
        """Return the acquisition function at points; shape (n, axes) to (n,).

        A trial that fails improves nothing, so the expected improvement is multiplied by the chance of
        success (Gelbart, Snoek and Adams 2014).
        """
        features = self.encoding.features(points)
        value = self.acquisition.value(*self.process.predict(features))
        return value if self.success is None else value + self.success.log(features)

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
