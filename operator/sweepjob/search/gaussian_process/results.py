"""The results of trials with several objectives or constraints, as arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..outcomes import Outcomes
from ..sampler import Observation
from .arrays import Array
from .configuration_cache import Trial, points_of
from .target_transforms import is_failure


@dataclass(frozen=True, slots=True)
class Results:
    """What is known of ended and pending trials. A value that is not known is NaN.

    Attributes:
        points: points of ended trials, in the order of their indices; shape (n, axes).
        scores: larger is better; shape (n, objectives).
        constraints: at most 0 is feasible; shape (n, constraints).
        pending: points of pending trials; shape (m, axes).
        pending_constraints: what they have reported already; shape (m, constraints).
    """

    points: Array
    scores: Array
    constraints: Array
    pending: Array
    pending_constraints: Array

    @classmethod
    def of(
        cls, outcomes: Outcomes, ended: Sequence[Trial], pending: Sequence[Trial], axes: int
    ) -> Results:
        """Return the results of trials.

        Args:
            outcomes: the objectives and constraints.
            ended: trials with their points, in the order of their indices.
            pending: the same of pending trials.
            axes: the number of coordinates of a point.

        Raises:
            ValueError: a trial has another number of scores or constraints.
        """
        scores = _table((_scores(one, outcomes) for one, _ in ended), outcomes.objectives)
        for column in scores.T:
            column[is_failure(np.where(np.isfinite(column), column, -math.inf))] = math.nan
        known, running = (
            _table((one.constraints for one, _ in trials), outcomes.constraints)
            for trials in (ended, pending)
        )
        return cls(points_of(ended, axes), scores, known, points_of(pending, axes), running)

    @property
    def feasible(self) -> Array:
        """Which trials have all scores and are known to meet all constraints; boolean, shape (n,)."""
        met = (self.constraints <= 0).all(axis=1)  # false for NaN
        return np.asarray(met & self._has_scores)

    @property
    def failed(self) -> Array:
        """Which trials lack a result, other than infeasible ones; boolean, shape (n,).

        An infeasible trial may have been ended before it had a score. It has not failed.
        """
        complete = self._has_scores & ~np.isnan(self.constraints).any(1)
        infeasible = (self.constraints > 0).any(axis=1)
        return np.asarray(~complete & ~infeasible)

    @property
    def informative(self) -> int:
        """The number of trials from which something can be learned."""
        return int((~self.failed).sum())

    @property
    def _has_scores(self) -> Array:
        return np.asarray(~np.isnan(self.scores).any(axis=1))


def _scores(trial: Observation, outcomes: Outcomes) -> tuple[float | None, ...]:
    return trial.scores if outcomes.objectives > 1 else (trial.score,)


def _table(rows: Iterable[tuple[float | None, ...]], width: int) -> Array:
    """Return values as an array of ``width`` columns; NaN where there is no finite one."""
    found = [[math.nan if value is None else value for value in row] for row in rows]
    for number, row in enumerate(found):
        if len(row) not in (0, width):
            raise ValueError(f"a trial has {len(row)} values; {width} or none are possible")
        found[number] = row or [math.nan] * width
    table = np.array(found, dtype=float).reshape(len(found), width)
    table[~np.isfinite(table)] = math.nan
    return table
