"""Constraints of a sweep: bounds on metrics that its script reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api.spec.constraints import parse_constraint
from .arguments import check, present
from .attributes import KnownAttributes


@dataclass
class Constraint(KnownAttributes):
    """A bound on a metric; trials that meet all constraints are better than others.

    Args:
        metric: Name of the metric, exactly as the script logs it.
        max: Largest value that is feasible; give either ``max`` or ``min``.
        min: Smallest value that is feasible.
        stop_trials: A trial is stopped as soon as it reports a value beyond the bound.

    Raises:
        ArgumentError: The name is invalid, or not exactly one bound is given.
    """

    metric: str
    max: float | None = None
    min: float | None = None
    stop_trials: bool = False

    def __post_init__(self) -> None:
        check("Constraint", self.to_spec(), parse_constraint)

    def to_spec(self) -> dict[str, Any]:
        """Return the constraint in the form of a SweepJob."""
        stop = None if self.stop_trials is False else self.stop_trials
        return {"metric": self.metric, **present(max=self.max, min=self.min, stopTrials=stop)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Constraint:
        """Return a constraint of a SweepJob."""
        stops = spec.get("stopTrials", False)
        return cls(spec.get("metric", ""), spec.get("max"), spec.get("min"), stops)
