"""Which kind of file it is, and the last check of what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api.problem import InvalidSpec, Problem
from ...api.spec_warnings import spec_warnings
from ...api.sweepjob import parse_sweepjob
from .conversion import Conversion, ConversionInputs, Refused
from .hyperdrive import convert_hyperdrive
from .sweep import convert_sweep

# Our keys to Azure's, for the paths of problems.
SPELLING = {
    "searchSpace": "search_space",
    "samplingAlgorithm": "sampling_algorithm",
    "earlyTermination": "early_termination",
    "primaryMetric": "primary_metric",
    "minValue": "min_value",
    "maxValue": "max_value",
    "slackFactor": "slack_factor",
    "slackAmount": "slack_amount",
    "truncationPercentage": "truncation_percentage",
    "evaluationInterval": "evaluation_interval",
    "delayEvaluation": "delay_evaluation",
    "maxTotalTrials": "max_total_trials",
    "maxConcurrentTrials": "max_concurrent_trials",
    "trialTimeout": "trial_timeout",
    "env": "environment_variables",
}


class NotASweep(ValueError):
    """The file holds something else."""


def convert(data: Any, supplies: ConversionInputs, stem: str = "sweep") -> Conversion:
    """An Azure sweep file to a SweepJob.

    Args:
        data: what the YAML holds.
        supplies: what the file refers to and does not contain.
        stem: the SweepJob's name if the file has none.

    Raises:
        NotASweep: it is not a sweep file.
        Refused: it is one, and cannot be converted; with every reason.
    """
    if not isinstance(data, Mapping):
        raise NotASweep("holds no object with keys and values")
    kind = str(data.get("type", "")).lower()
    conversion = Conversion(supplies)
    if kind == "sweep" or (not kind and {"search_space", "trial"} <= data.keys()):
        convert_sweep(conversion, data, stem)
    elif not kind and ("primary_metric_name" in data or "parameter_space" in _sampling(data)):
        convert_hyperdrive(conversion, data, stem)
    else:
        raise NotASweep(_what_it_is(data, kind))
    _check(conversion)
    if conversion.problems:
        raise Refused(conversion.problems)
    return conversion


def _sampling(data: Mapping[str, Any]) -> Mapping[str, Any]:
    sampling = data.get("sampling")
    return sampling if isinstance(sampling, Mapping) else {}


def _what_it_is(data: Mapping[str, Any], kind: str) -> str:
    if data.get("kind") == "SweepJob":
        return "is a SweepJob already"
    if kind == "automl":
        return "is an AutoML job, which trains models of Azure's own; only type: sweep can be converted"
    if kind == "pipeline":
        return "is a pipeline; put its sweep step into a file of its own (type: sweep)"
    if kind:
        return f"has type: {kind}; only type: sweep can be converted"
    return "is no sweep: it has neither type: sweep nor v1's sampling.parameter_space"


def _check(conversion: Conversion) -> None:
    """The operator's own check of the result; its problems get Azure's paths."""
    try:
        spec = parse_sweepjob(conversion.manifest)
        conversion.warnings += [
            Problem(_origin(found.path, conversion.origins), found.value, found.message)
            for found in spec_warnings(conversion.manifest, spec)
        ]
    except InvalidSpec as error:
        known = {problem.path for problem in conversion.problems}
        for problem in error.problems:
            path = _origin(problem.path, conversion.origins)
            # What was refused on the way leaves holes that need no second message.
            if not any(path.startswith(k) or k.startswith(path) for k in known):
                conversion.problems.append(Problem(path, problem.value, problem.message))


def _origin(path: str, origins: Mapping[str, str]) -> str:
    """The path in the file of a path in the SweepJob."""
    for target in sorted(origins, key=len, reverse=True):
        if path == target or path.startswith((f"{target}.", f"{target}[")):
            return f"{origins[target]}{_spelled(path[len(target) :])}"
    return _spelled(path.removeprefix("spec."))


def _spelled(path: str) -> str:
    return ".".join(SPELLING.get(part, part) for part in path.split("."))
