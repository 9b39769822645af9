"""The posterior of several objectives, and what the next trial has to improve on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .posterior import Conditioned

# How far below the worst outcome the reference is, in standard deviations of all trials.
_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class JointPosterior:
    """The posteriors of all objectives, independent of one another.

    Attributes:
        objectives: one for each.
    """

    objectives: Sequence[Conditioned]

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Means and standard deviations of all objectives.

        Args:
            features: shape (n, width).

        Returns:
            both of shape (n, objectives).
        """
        predicted = [given.process.predict(features) for given in self.objectives]
        means, deviations = zip(*predicted, strict=True)
        return np.stack(means, axis=1), np.stack(deviations, axis=1)

    def reference(self, given: Sequence[float | None]) -> Array:
        """Return what outcomes have to exceed: what the user gives, or the worst of all trials.

        A reference near the front would be a trap: where trade-offs have gaps, what lies beyond the
        front's ends would count for nothing.

        Args:
            given: the user's scores; None where there is none.

        Returns:
            shape (objectives,).
        """
        wanted = given or (None,) * len(self.objectives)
        found = [
            float(one.outcomes.min()) - _MARGIN if score is None else one.outcome(score)
            for one, score in zip(self.objectives, wanted, strict=True)
        ]
        return np.array(found)
