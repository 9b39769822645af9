"""Converts the results of a study of Optuna's to a finished sweep, from which another one can start."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..api import names
from ..api.parsing.float_text import format_float
from ..api.sweeptrial.serialization import trial_manifest
from ..timestamps import format_time
from .azure.conversion import Conversion, Section
from .optuna_space import StudySpace

_NAMESPACE = "local"  # of sweeps in folders


def convert_results(
    top: Section,
    trials: Sequence[Any],
    space: StudySpace,
    sweep: str,
    metrics: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the SweepTrials of the trials that have a result.

    Args:
        top: the section that notes what is not carried over.
        trials: Optuna's trials.
        space: the search space of the study.
        sweep: name of the sweep that stands for the study.
        metrics: the metric of each objective.
    """
    left_out: Counter[str] = Counter()
    found: list[dict[str, Any]] = []
    for trial in trials:
        state = trial.state.name.lower()
        values = list(trial.values or ()) if state == "complete" else []
        is_known = bool(trial.params) and space.places.keys() >= trial.params.keys()
        has_times = trial.datetime_start is not None and trial.datetime_complete is not None
        is_usable = bool(values) and all(map(math.isfinite, values))
        if not (is_usable and is_known and has_times):
            left_out[state if state != "complete" else "complete, but without a usable result"] += 1
            continue
        assignment = space.assignment(trial.params)
        made = _record(trial, assignment, sweep, len(found), values[0])
        if len(metrics) > 1:
            texts = map(format_float, map(float, values))
            made["status"]["values"] = dict(zip(metrics, texts, strict=False))
        found.append(made)
    for state, count in left_out.items():
        top.note(f"trials.{state}", count, "not carried over: only complete trials have a result")
    if any(trial.intermediate_values for trial in trials):
        message = (
            "not carried over: the value of a trial is its only report, since the best one counts"
        )
        top.note("trials.intermediate_values", "...", message)
    return found


def _record(
    trial: Any, assignment: dict[str, Any], sweep: str, index: int, value: float
) -> dict[str, Any]:
    body = trial_manifest(
        _NAMESPACE, sweep, _uid(sweep), index, assignment, f"Optuna's trial {trial.number}"
    )
    text = format_float(float(value))
    started = format_time(trial.datetime_start.timestamp())
    body["metadata"] |= {
        "uid": _uid(f"{sweep}-{index}"),
        "resourceVersion": str(index + 2),
        "creationTimestamp": started,
        "generation": 1,
    }
    body["status"] = {
        "phase": "Succeeded",
        "attempt": 1,
        "startTime": started,
        "completionTime": format_time(trial.datetime_complete.timestamp()),
        "reason": "Completed",
        "message": f"a trial of Optuna's, number {trial.number}",
        "curve": {
            "version": 2,
            "reports": 1,
            "values": text,
            "last": text,
            "best": text,
            "bestInterval": 1,
        },
    }
    return body


def _uid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{names.GROUP}/optuna/{name}"))


def source_sweep(
    conversion: Conversion, name: str, trials: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the finished SweepJob that stands for a study.

    Args:
        conversion: has the SweepJob that goes on from the study.
        name: name of the finished one.
        trials: its SweepTrials.
    """
    count = len(trials)
    left_out = ("warmStart", "initialPoints")
    spec = {key: value for key, value in conversion.manifest["spec"].items() if key not in left_out}
    spec["limits"] = {"maxTotalTrials": max(1, count)}
    condition = {
        "type": "Complete",
        "status": "True",
        "reason": "AllTrialsEnded",
        "message": f"{count} trials of a study of Optuna's",
    }
    return {
        **conversion.manifest,
        "metadata": {
            "name": name,
            "namespace": _NAMESPACE,
            "uid": _uid(name),
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": min(
                (t["metadata"]["creationTimestamp"] for t in trials), default=format_time(0.0)
            ),
        },
        "spec": spec,
        "status": {
            "phase": "Complete",
            "observedGeneration": 1,
            "conditions": [condition],
            "trials": {"total": max(1, count), "created": count, "succeeded": count},
            "progress": f"{count}/{max(1, count)}",
            **_end_and_best(spec.get("objective"), trials),
        },
    }


def _end_and_best(
    objective: Mapping[str, str] | None, trials: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what the status says of the best trial, if there is one objective, and of the end."""
    if not trials:
        return {}
    end = {"completionTime": max(t["status"]["completionTime"] for t in trials)}
    if objective is None:
        return end
    goal = objective["goal"]
    scored = [(float(t["status"]["curve"]["best"]), t) for t in trials]
    value, best = (max if goal == "maximize" else min)(scored, key=lambda pair: pair[0])
    return {
        "best": {
            "trial": best["metadata"]["name"],
            "value": format_float(value),
            "parameters": dict(best["spec"]["parameters"]),
            "reportedAt": best["status"]["completionTime"],
        },
        **end,
    }
