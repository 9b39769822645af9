"""Constraints on metrics: whether a trial is feasible, and by how much it is not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on a reported metric.

    Attributes:
        metric: the name of the metric.
        bound: the largest allowed value, or the smallest one.
        is_maximum: the bound is the largest allowed value.
        stops_trials: a trial is stopped as soon as it is beyond the bound.
    """

    metric: str
    bound: float
    is_maximum: bool
    stops_trials: bool = False

    def excess(self, value: float) -> float:
        """Return by how much a value is beyond the bound; zero or less where it is allowed.

        It is in units of the bound, so that those of different metrics can be added; of a bound of 0, in
        units of the metric. A value that is not finite is infinitely far beyond it.

        Args:
            value: the value of the metric.
        """
        if not math.isfinite(value):
            return math.inf
        unit = abs(self.bound) or 1.0
        beyond = value / unit - self.bound / unit
        return beyond if self.is_maximum else -beyond

    def allows(self, value: float) -> bool:
        """Return whether a value is within the bound."""
        if not math.isfinite(value):
            return False
        return value <= self.bound if self.is_maximum else value >= self.bound

    def __str__(self) -> str:
        """Return the constraint in short, such as ``size_mb <= 50``."""
        return f"{self.metric} {'<=' if self.is_maximum else '>='} {self.bound:.12g}"


def violation(constraints: Iterable[Constraint], values: Mapping[str, float]) -> float | None:
    """Return by how much a trial violates constraints; 0.0 if it is feasible.

    Args:
        constraints: the constraints.
        values: its values by metric.

    Returns:
        The sum over the violated ones, above 0.0, whatever metrics the trial lacks; None if it violates
        none, but lacks a metric.
    """
    total, is_known = 0.0, True
    for constraint in constraints:
        value = values.get(constraint.metric)
        if value is None:
            is_known = False
        elif not constraint.allows(value):
            # A value next to the bound may have an excess that rounds to zero.
            total += max(constraint.excess(value), math.ulp(0.0))
    return total if is_known or total else None


def violated(
    constraints: Iterable[Constraint], values: Mapping[str, float]
) -> tuple[Constraint, ...]:
    """Return the constraints that a trial violates; those of metrics that it lacks are left out."""
    return tuple(c for c in constraints if c.metric in values and not c.allows(values[c.metric]))
