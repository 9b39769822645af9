"""The objective of a sweep: the metric, its direction, and how reported values compare."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
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
    """A metric and its direction. With one objective, a trial's score is the best it ever reported.

    Attributes:
        goal: which values are better.
        primary_metric: the name of the metric.
        reference: with several objectives, the value that a trial has to exceed to be of use; None where
            the user gives none. Objectives that differ in it alone are the same.
    """

    goal: Goal
    primary_metric: str
    reference: float | None = field(default=None, compare=False)

    @property
    def reference_score(self) -> float | None:
        """The score of the reference; None without one."""
        return None if self.reference is None else self.goal.score(self.reference)
