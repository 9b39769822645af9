"""The posterior of several objectives, and what the next trial has to improve on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .pareto import compromises
from .posterior import Conditioned

# How far below the worst outcome of all trials the far reference is, in their standard deviations.
_BELOW_WORST = 0.5
# How far below the worst compromise the near one is, as a share of the width of the front, which is at
# least so many standard deviations.
_BELOW_FRONT, _LEAST_WIDTH = 0.1, 0.3
# Outcomes that differ by less standard deviations are nearly the same; see ``compromises``.
_SAME = 0.2


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

    def reference(self, given: Sequence[float | None], front: Array, *, is_far: bool) -> Array:
        """Return what outcomes have to exceed.

        What the user gives, or a little less than the worst compromise of the front. A far reference
        would make the ends of the front worth most: with three objectives, all of the search went there.
        A near one is a trap where trade-offs have gaps, since what lies beyond the front's ends then
        counts for nothing. So some proposals are made for a far one, the worst of all trials.

        Args:
            given: the user's scores; None where there is none.
            front: outcomes on the front; shape (n, objectives), at least one.
            is_far: whether the worst of all trials counts instead of the front.

        Returns:
            shape (objectives,).
        """
        wanted = given or (None,) * len(self.objectives)
        worst = np.array([float(one.outcomes.min()) for one in self.objectives]) - _BELOW_WORST
        usual = worst if is_far else np.maximum(_below(compromises(front, _SAME)), worst)
        found = [
            low if score is None else one.outcome(score)
            for one, score, low in zip(self.objectives, wanted, usual.tolist(), strict=True)
        ]
        return np.array(found)


def _below(points: Array) -> Array:
    """Return what is a little less than the worst of each objective; shape (n, d) to (d,)."""
    low, high = points.min(0), points.max(0)
    found: Array = low - _BELOW_FRONT * np.maximum(high - low, _LEAST_WIDTH)
    return found
