"""The posterior of several objectives, and what the next trial has to improve on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .posterior import Posterior


@dataclass(frozen=True, slots=True)
class JointPosterior:
    """The posteriors of all objectives, independent of one another.

    Attributes:
        objectives: one for each.
    """

    objectives: Sequence[Posterior]

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Means and standard deviations of all objectives.

        Args:
            features: shape (n, width).

        Returns:
            both of shape (n, objectives).
        """
        predicted = [posterior.process.predict(features) for posterior in self.objectives]
        means, deviations = zip(*predicted, strict=True)
        return np.stack(means, axis=1), np.stack(deviations, axis=1)

    def reference(self, front: Array, given: Sequence[float | None]) -> Array:
        """Return what outcomes have to exceed: what the user gives, or a little below the front.

        Args:
            front: outcomes of trials; shape (n, objectives).
            given: the user's scores; None where there is none.

        Returns:
            shape (objectives,).
        """
        low, high = front.min(0), front.max(0)
        found: Array = low - np.maximum(_MARGIN * (high - low), _LEAST_MARGIN)
        for number, (posterior, score) in enumerate(zip(self.objectives, given, strict=False)):
            if score is not None:
                found[number] = posterior.outcome(score)
        return found


# Without a user's reference: how far below the front, in units of its width, and at least in units of the
# standard deviation of all trials. A wider margin pays more for the front's ends.
_MARGIN, _LEAST_MARGIN = 0.1, 0.1
