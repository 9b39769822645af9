"""The trials that the models are fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .arrays import Array
from .encoding import Encoding
from .failures import SuccessProbability

# Below this chance of success the configuration is the likely reason of a failure.
_EVEN = math.log(0.5)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of ended and pending trials.

    Attributes:
        points: points of ended trials, in the order of their indices; shape (n, axes).
        scores: larger is better; minus infinity without a finite one; shape (n,).
        failed: which of them have no usable score; boolean, shape (n,).
        pending: points of pending trials; shape (m, axes).
    """

    points: Array
    scores: Array
    failed: Array
    pending: Array

    def scored(self, encoding: Encoding, success: SuccessProbability | None) -> tuple[Array, Array]:
        """Return the trials that say something about the objective.

        A trial that failed because of its configuration counts as the worst score. Without it, the
        objective would be unknown there and worth a try for ever. A failure by chance is left out.

        Args:
            encoding: the encoding of the space.
            success: the chance of success; None when no trial has failed.

        Returns:
            points of shape (m, axes) and finite scores of shape (m,).
        """
        scores = self.scores.copy()
        if success is None:
            return self.points, scores
        scores[self.failed] = scores[~self.failed].min()
        expected = success.log(encoding.features(self.points)) < _EVEN
        kept = ~self.failed | expected
        return self.points[kept], scores[kept]
