"""``get_details()`` of sweeps and trials, in the form of Azure's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...sdk.trial_run import TrialRun
from ...search.space import Assignment
from ...template.references import Reference, replace_references, value_text


def trial_arguments(sweep: Mapping[str, Any], parameters: Assignment) -> list[str]:
    """Return the arguments of a trial's script; the whole command if it runs no Python script.

    Args:
        sweep: The SweepJob object.
        parameters: The trial's parameters.
    """
    spec = sweep["spec"]
    inputs: Mapping[str, Any] = spec.get("inputs") or {}
    words = [_resolved(word, parameters, inputs) for word in _command(spec["trial"])]
    script = next((n for n, word in enumerate(words) if word.endswith(".py")), None)
    return words if script is None else words[script + 1 :]


def _command(trial: Mapping[str, Any]) -> list[str]:
    if "template" in trial:
        containers = trial["template"]["spec"]["containers"]
        return [*containers[0].get("command", ()), *containers[0].get("args", ())]
    command = trial.get("command") or []
    return command.split() if isinstance(command, str) else list(command)


def _resolved(word: str, parameters: Assignment, inputs: Mapping[str, Any]) -> str:
    def value(reference: Reference) -> str:
        group, _, path = reference.name.partition(".")
        found: Any = parameters if group == "search_space" else inputs
        for name in path.split("."):
            if not isinstance(found, Mapping) or name not in found:
                return str(reference)
            found = found[name]
        return str(value_text(found))

    return replace_references(word, value)


def trial_details(
    trial: TrialRun, sweep: Mapping[str, Any], logs: Mapping[str, str]
) -> dict[str, Any]:
    """Return the details of a trial.

    Args:
        trial: The trial.
        sweep: The SweepJob object.
        logs: Where each log is.
    """
    arguments = trial_arguments(sweep, trial.parameters)
    return {
        "runId": trial.name,
        "target": sweep["metadata"].get("namespace", ""),
        "status": trial.status,
        "startTimeUtc": _time(trial.started),
        "endTimeUtc": _time(trial.ended),
        "properties": {"reason": trial.reason, "message": trial.message},
        "inputDatasets": [],
        "outputDatasets": [],
        "runDefinition": {"arguments": arguments, "Arguments": arguments},
        "logFiles": dict(logs),
        "error": {"error": {"message": trial.message}} if trial.status == "Failed" else None,
    }


def sweep_details(
    sweep: Mapping[str, Any],
    status: str,
    properties: Mapping[str, str],
    started: float,
    ended: float | None,
) -> dict[str, Any]:
    """Return the details of a sweep.

    Args:
        sweep: The SweepJob object.
        status: Azure's word for its phase.
        properties: ``best_child_run_id`` and ``score``.
        started: Seconds since the epoch.
        ended: Seconds since the epoch; None before.
    """
    spec = sweep["spec"]
    objective = spec["objective"]
    primary = {"name": objective["primaryMetric"], "goal": objective["goal"]}
    return {
        "runId": sweep["metadata"]["name"],
        "target": sweep["metadata"].get("namespace", ""),
        "status": status,
        "startTimeUtc": _time(started),
        "endTimeUtc": _time(ended),
        "properties": {"primary_metric_config": json.dumps(primary), "runTemplate": "HyperDrive"}
        | dict(properties),
        "inputDatasets": [],
        "outputDatasets": [],
        "logFiles": {},
    }


def _time(seconds: float | None) -> str | None:
    """Return a time as Azure writes it; None for none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
