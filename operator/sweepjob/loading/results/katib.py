"""Reads trials of Katib's, as kubectl prints them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api.phases import TrialPhase
from ...objective import Goal
from .fields import child, finite, parameter_of, phase_of
from .result import Result, ResultsError, Wanted, shown

_ENDS = ("Failed", "Killed", "EarlyStopped", "Succeeded", "MetricsUnavailable")


def katib_trial(where: str, body: Mapping[str, Any], wanted: Wanted) -> Result:
    """Return a trial of Katib's. Its best value counts, as of all trials.

    Args:
        where: its place.
        body: the Trial.
        wanted: what is looked for.

    Raises:
        ResultsError: its experiment has the other goal, or a value is no number.
    """
    spec, status = child(body, "spec"), child(body, "status")
    objective = child(spec, "objective")
    name, goal = objective.get("objectiveMetricName"), objective.get("type")
    if name == wanted.metrics[0] and goal in ("minimize", "maximize") and goal != wanted.goal.value:
        raise ResultsError(
            f"{where}: spec.objective.type {shown(goal)}: this sweep has {wanted.goal.value}"
        )
    listed = spec.get("parameterAssignments")
    pairs = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    parameters = {
        parameter_of(str(one.get("name")).lstrip("-"), wanted): one.get("value") for one in pairs
    }
    observed = child(status, "observation").get("metrics")
    values: dict[str, float] = {}
    for one in observed if isinstance(observed, list) else ():
        metric = one.get("name") if isinstance(one, Mapping) else None
        if metric in wanted.metrics:
            best = "max" if wanted.goal is Goal.MAXIMIZE else "min"
            key = best if metric == wanted.metrics[0] and wanted.objectives == 1 else "latest"
            number = finite(one.get(key, one.get("latest")), where, str(metric))
            if number is not None:
                values[str(metric)] = number
    return Result(where, parameters, _phase(status, where), values)


def _phase(status: Mapping[str, Any], where: str) -> TrialPhase:
    listed = status.get("conditions")
    holding = {
        one.get("type")
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and one.get("status") == "True" and _is_text(one.get("type"))
    }
    for end in _ENDS:
        if end in holding:
            return phase_of("Succeeded" if end == "MetricsUnavailable" else end, where)
    return TrialPhase.RUNNING


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
