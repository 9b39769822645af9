"""Converts trials to rows of plain values, for commands, exports and the dashboard."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from ..api.criteria import Criteria
from ..api.sweeptrial.stop_decision import StopDecision
from ..early_stopping.policy import Decision
from ..read_model.ranking import outcome_of
from ..read_model.trial_view import TrialView

Row = dict[str, Any]


def trial_row(trial: TrialView, now: float) -> Row:
    """Return the columns of a table of trials.

    Args:
        trial: the trial.
        now: seconds since the epoch.

    Returns:
        Values by column; times are in seconds, ``parameters`` are texts by dotted name.
    """
    record = trial.record
    return {
        "name": trial.name,
        "index": trial.index,
        "phase": trial.phase,
        "best": trial.best,
        "last": trial.curve.last,
        "reports": trial.curve.count,
        "seconds": trial.seconds(now),
        "gpuSeconds": trial.gpu_seconds_used,
        "gpuSecondsSaved": record.gpu_saved,
        "attempt": record.last_attempt,
        "reason": record.stop.reason if record.stop else record.reason,
        "parameters": dict(trial.parameters),
    }


def front_row(trial: TrialView, criteria: Criteria) -> Row:
    """Return a trial of a Pareto front: its name, its values and its parameters.

    Args:
        trial: the trial.
        criteria: of its sweep.
    """
    values = dict(outcome_of(trial, criteria).values)
    return {"trial": trial.name, "results": values, "parameters": dict(trial.parameters)}


def criteria_columns(trial: TrialView, criteria: Criteria, front: Collection[int]) -> Row:
    """Return the columns of a trial that is compared by several metrics; none with one metric.

    Args:
        trial: the trial.
        criteria: of its sweep.
        front: indices of the trials on the Pareto front.
    """
    if criteria.is_plain:
        return {}
    outcome = outcome_of(trial, criteria)
    row: Row = {}
    if criteria.has_several_objectives:
        row["front"] = trial.index in front
    if criteria.constraints:
        row["feasible"] = outcome.is_feasible
    values = {name: outcome.values.get(name) for name in criteria.metrics}
    return {**row, "results": values}


def full_trial_row(trial: TrialView, now: float) -> Row:
    """Return everything that is stored about a trial, except its curve.

    Args:
        trial: the trial.
        now: seconds since the epoch.

    Returns:
        Values by column; times are in seconds, ``parameters`` are the values themselves.
    """
    record = trial.record
    row = trial_row(trial, now)
    row |= {"bestInterval": trial.curve.best_interval, "message": _message(trial)}
    row |= {"started": record.started, "ended": trial.ended, "failures": record.failures}
    row |= {"disruptions": record.disruptions, "stop": stop_row(record.stop)}
    row |= {"code": record.code, "tags": dict(trial.tags), "note": trial.note}
    return {**row, "parameters": record.parameters}


def metric_rows(trial: TrialView) -> dict[str, Row]:
    """Return the curves of the metrics besides the primary one, by name.

    Args:
        trial: the trial.
    """
    rows = {}
    for name, curve in trial.other_metrics.items():
        points = curve.points()
        rows[name] = {
            "reports": curve.count,
            "last": curve.last,
            "lowest": curve.low,
            "highest": curve.high,
            "intervals": [interval for interval, _ in points],
            "values": [value for _, value in points],
        }
    return rows


def _message(trial: TrialView) -> str:
    return ". ".join(filter(None, (trial.unreadable, trial.record.message)))


def stop_row(stop: StopDecision | Decision | None) -> Row | None:
    """Return the decision of a policy; None without one."""
    if stop is None:
        return None
    return {
        "policy": stop.policy,
        "interval": stop.interval,
        "value": stop.value,
        "threshold": stop.threshold,
        "comparators": stop.comparators,
    }


def json_value(value: Any) -> Any:
    """Return a value that JSON can represent: NaN and infinity become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    return value
