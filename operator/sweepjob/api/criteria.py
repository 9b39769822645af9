"""The criteria by which trials are compared: the objectives and constraints of a sweep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..objective import Goal, Objective
from ..pareto.dominance import Scores
from ..pareto.feasibility import Constraint, violated, violation

# By metric: the last values of the newest pod. Of a single objective, the best value.
TrialValues = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial compares with others.

    Attributes:
        values: its values by metric.
        scores: its score in each objective, larger is better; None for one without a finite value.
        violation: by how much it violates the constraints, as far as it has their metrics; 0.0 if it is
            feasible, None as long as it violates none and lacks a metric of one.
        lacking: metrics without a finite value.
    """

    values: TrialValues
    scores: tuple[float | None, ...]
    violation: float | None
    lacking: tuple[str, ...]

    @property
    def is_feasible(self) -> bool | None:
        """Whether it meets the constraints; None as long as that is unknown."""
        return None if self.violation is None else self.violation == 0.0

    @property
    def complete_scores(self) -> Scores | None:
        """Its scores; None if the trial does not count, because a metric lacks a finite value."""
        found = tuple(score for score in self.scores if score is not None)
        is_complete = len(found) == len(self.scores) and self.violation is not None
        return found if is_complete else None

    @property
    def closeness(self) -> tuple[float, ...]:
        """What orders infeasible trials, those that violate the constraints least last."""
        known = (-math.inf if score is None else score for score in self.scores)
        return (-(self.violation or 0.0), *known)


@dataclass(frozen=True, slots=True)
class Criteria:
    """The objectives and constraints of a sweep.

    Attributes:
        objectives: at least one; the first one is the primary metric.
        constraints: bounds on metrics.
    """

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Criteria:
        """Return the criteria in the ``spec`` of a SweepJob that the API server has accepted."""
        several = spec.get("objectives")
        listed = several if several else [spec["objective"]]
        constraints = (
            Constraint(c["metric"], float(c[side]), side == "max", c.get("stopTrials") is True)
            for c in spec.get("constraints") or ()
            for side in ("max", "min")
            if side in c
        )
        objectives = (
            Objective(Goal(o["goal"]), o["primaryMetric"], o.get("reference")) for o in listed
        )
        return cls(tuple(objectives), tuple(constraints))

    @property
    def primary(self) -> Objective:
        """The objective, or the first one of several."""
        return self.objectives[0]

    @property
    def has_several_objectives(self) -> bool:
        """Whether the result is a Pareto front."""
        return len(self.objectives) > 1

    @property
    def is_plain(self) -> bool:
        """Whether there is one objective and no constraint, so that trials are compared by one value."""
        return not self.has_several_objectives and not self.constraints

    @property
    def stops_trials(self) -> bool:
        """Whether a constraint stops trials."""
        return any(constraint.stops_trials for constraint in self.constraints)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of objectives and constraints, each once."""
        names = [o.primary_metric for o in self.objectives]
        return tuple(dict.fromkeys([*names, *(c.metric for c in self.constraints)]))

    @property
    def result_metrics(self) -> tuple[str, ...]:
        """The metrics besides the primary one whose last values are results of a trial."""
        return self.metrics[1:]

    def values(
        self, best: float | None, last: float | None, results: Mapping[str, float]
    ) -> dict[str, float]:
        """Return the values of a trial by metric.

        Args:
            best: the best value of the primary metric; None before one.
            last: its newest value; None before one.
            results: the last values of the other metrics.
        """
        own = last if self.has_several_objectives else best
        primary = {} if own is None else {self.primary.primary_metric: own}
        known = {**results, **primary}
        return {name: known[name] for name in self.metrics if name in known}

    def outcome(self, values: TrialValues) -> Outcome:
        """Return how a trial with these values compares."""
        scores = tuple(
            o.goal.score(values[o.primary_metric])
            if math.isfinite(values.get(o.primary_metric, math.nan))
            else None
            for o in self.objectives
        )
        lacking = tuple(name for name in self.metrics if not self._counts(name, values))
        return Outcome(values, scores, violation(self.constraints, values), lacking)

    def excesses(self, values: TrialValues) -> tuple[float | None, ...]:
        """Return how far a trial is beyond each bound, in units of the metric; at most 0 is feasible.

        Args:
            values: its values.

        Returns:
            None for a constraint whose metric lacks a finite value; empty if all do.
        """
        found = tuple(_excess(c, values.get(c.metric)) for c in self.constraints)
        return found if any(excess is not None for excess in found) else ()

    def violations(self, values: TrialValues) -> Iterator[str]:
        """Return the violated constraints: ``size_mb is 61, and at most 50 is feasible``."""
        return (_violation(c, values) for c in violated(self.constraints, values))

    def stopping_violation(self, values: TrialValues) -> str:
        """Return why a trial is stopped because of its values; empty if it is not.

        A value that is not a number stops none: it says nothing of the bound, and the next may be fine.
        """
        stopping = (c for c in violated(self.constraints, values) if c.stops_trials)
        found = (c for c in stopping if not math.isnan(values[c.metric]))
        return "; ".join(_violation(c, values) for c in found)

    def _counts(self, name: str, values: TrialValues) -> bool:
        """Return whether a trial has what is needed of a metric: of an objective, a finite value."""
        value = values.get(name)
        is_objective = any(o.primary_metric == name for o in self.objectives)
        return value is not None and (math.isfinite(value) or not is_objective)


def _violation(constraint: Constraint, values: TrialValues) -> str:
    side, value = "most" if constraint.is_maximum else "least", values[constraint.metric]
    return f"{constraint.metric} is {value:.6g}, and at {side} {constraint.bound:.12g} is feasible"


def _excess(constraint: Constraint, value: float | None) -> float | None:
    if value is None:
        return None
    excess = value - constraint.bound if constraint.is_maximum else constraint.bound - value
    return excess if math.isfinite(excess) else None
