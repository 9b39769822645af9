"""The objective of a sweep: the metric, its direction, and how reported values compare."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Goal(StrEnum):
    """Which values of the primary metric are better (Azure semantics, "Objective")."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"

    def score(self, value: float) -> float:
        """Return the score of a reported value: a number that is larger the better the value is.

        A report that is NaN or infinite gets the worst score, minus infinity (Azure semantics,
        "Objective").
        """
        if not math.isfinite(value):
            return -math.inf
        return value if self is Goal.MAXIMIZE else -value

    def scores(self, values: Iterable[float]) -> list[float]:
        """Return the scores of reported values, in their order."""
        worst, finite = -math.inf, math.isfinite
        if self is Goal.MAXIMIZE:
            return [value if finite(value) else worst for value in values]
        return [-value if finite(value) else worst for value in values]

    def reported(self, score: float) -> float:
        """Return the reported value that has a finite score."""
        return score if self is Goal.MAXIMIZE else -score


@dataclass(frozen=True, slots=True)
class Objective:
    """The primary metric and its direction; a trial's score is the best it ever reported."""

    goal: Goal
    primary_metric: str
