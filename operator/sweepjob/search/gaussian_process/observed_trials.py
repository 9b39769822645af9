"""The trials that the models are fitted to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..sampler import Observation
from .arrays import Array
from .configuration_cache import Trial, points_of
from .encoding import Encoding
from .failures import SuccessProbability
from .target_transforms import is_failure

# Below this chance of success the configuration is the likely reason of a failure.
EVEN = math.log(0.5)


@dataclass(frozen=True, slots=True)
class ObservedTrials:
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

    @classmethod
    def of(cls, ended: Sequence[Trial], pending: Sequence[Trial], axes: int) -> ObservedTrials:
        """Return what is known of trials.

        Args:
            ended: trials with their points, in the order of their indices.
            pending: the same of pending trials.
            axes: the number of coordinates of a point.
        """
        points, running = points_of(ended, axes), points_of(pending, axes)
        scores = np.array([_score(trial) for trial, _ in ended])
        return cls(points, scores, is_failure(scores), running)

    @property
    def informative(self) -> int:
        """The number of trials with a usable score."""
        return int((~self.failed).sum())

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
        expected = success.log(encoding.features(self.points)) < EVEN
        kept = ~self.failed | expected
        return self.points[kept], scores[kept]


def _score(trial: Observation) -> float:
    """Return the score; minus infinity for a trial that failed or has no finite report."""
    score = trial.score
    return -math.inf if score is None or not math.isfinite(score) else score
