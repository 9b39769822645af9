"""Observations of trials that every sampler is tested with."""

from __future__ import annotations

import math

from ...search.outcomes import Outcomes
from ...search.sampler import Observation
from ...search.space import Assignment

# Several objectives, constraints, and both.
SEVERAL = (
    Outcomes(2),
    Outcomes(1, constraints=1),
    Outcomes(2, constraints=2, references=(-0.5, None)),
    Outcomes(4, constraints=1),
)


def observation(index: int, assignment: Assignment) -> Observation:
    """Return an observation of a trial; the same for the same index."""
    value = None if index % 5 == 0 else math.sin(index)
    return Observation(index, assignment, value, ended=index % 2 == 0)


def observation_of(outcomes: Outcomes, index: int, assignment: Assignment) -> Observation:
    """Return an observation with several scores or constraints; the same for the same index.

    Some values are missing or not finite, some trials have none, some pending ones know a constraint.
    """
    ended = index % 4 > 0
    scores: list[float | None] = [math.sin(index + n) for n in range(outcomes.objectives)]
    constraints: list[float | None] = [math.cos(index + n) for n in range(outcomes.constraints)]
    if index % 5 == 2:
        scores[-1] = (None, math.nan, math.inf)[index % 3]
    if index % 7 == 3:
        constraints = []
    if index % 6 == 5 or not ended:
        scores = []
    score = scores[0] if outcomes.objectives == 1 and scores else None
    several = tuple(scores) if outcomes.objectives > 1 else ()
    return Observation(index, assignment, score, ended, several, tuple(constraints))
