"""Converts v1's file for ``az ml run submit-hyperdrive`` (Azure semantics, "HyperDrive file, v1")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import protocol
from ...api.spec.search_space import EXPRESSIONS
from ...search.space import Scalar
from .conversion import PLACEHOLDER, Conversion, Section
from .early_termination import V1_NAMES, convert_policy
from .environment import IMAGE
from .metadata import initialize_manifest, label_queue
from .search_space import convert_positional
from .sweep import GOALS, record_grid_order
from .trial import build_trial

_SAMPLING = {
    "random": "random",
    "grid": "grid",
    "bayesian": "bayesian",
    "bayesianoptimization": "bayesian",
}
_BAYESIAN = ("choice", "uniform", "quniform")
_DEFAULT_MINUTES = 10_080


def convert_hyperdrive(conversion: Conversion, data: Mapping[str, Any], stem: str) -> None:
    """Convert a file.

    Args:
        conversion: receives the SweepJob, the notes and the errors.
        data: the contents of the file.
        stem: the SweepJob's name if the file has none.
    """
    top = conversion.section(data, "")
    initialize_manifest(conversion, None, "name", stem)
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    conversion.source_paths |= {
        "spec.objective.goal": "primary_metric_goal",
        "spec.objective.primaryMetric": "primary_metric_name",
        "spec.limits.maxTotalTrials": "max_total_runs",
        "spec.limits.maxConcurrentTrials": "max_concurrent_runs",
        "spec.limits.timeout": "max_duration_minutes",
        "spec.searchSpace": "sampling.parameter_space",
        "spec.samplingAlgorithm": "sampling",
    }
    spec["objective"] = {
        "goal": top.keyword("primary_metric_goal", GOALS),
        "primaryMetric": top.required_text("primary_metric_name", "the metric as it is logged"),
    }
    sampling = top.subsection("sampling")
    spec["samplingAlgorithm"] = {"type": sampling.keyword("type", _SAMPLING)}
    arguments, spec["searchSpace"] = _space(sampling)
    sampling.reject_unknown_keys()
    record_grid_order(sampling, "parameter_space", spec)
    convert_policy(top, "policy", V1_NAMES, spec)
    spec["limits"] = _limits(top)
    spec["metrics"] = {"source": protocol.LOGS}
    message = "v1's Run.log prints outside of Azure; remove it if the script logs with MLflow"
    top.note("metrics.source", protocol.LOGS, message)
    spec["trial"] = _trial(top, arguments)
    label_queue(conversion)
    _note_v1_restrictions(top, spec)
    top.reject_unknown_keys()


def _space(sampling: Section) -> tuple[list[str], dict[str, Any]]:
    """Return the arguments that v1 appends to the command, and the search space."""
    listed = sampling.read("parameter_space")
    if not isinstance(listed, list):
        sampling.reject("parameter_space", listed, "must be a list of name, expression and values")
        return [], {}
    arguments, space = [], dict[str, Any]()
    for position, item in enumerate(listed):
        section = sampling.conversion.section(item, f"sampling.parameter_space[{position}]")
        argument = section.required_text("name", "the parameter's name").lstrip("-")
        name = argument.replace("-", "_")
        if name != argument:
            section.note(
                "name", argument, f"the parameter is {name}, the argument stays --{argument}"
            )
        section.conversion.source_paths[f"spec.searchSpace.{name}"] = section.path
        if name in space:
            section.reject("name", argument, "is there twice")
        space[name] = _expression(section)
        arguments.append(f"--{argument} ${{{{search_space.{name}}}}}")
        section.reject_unknown_keys()
    return arguments, space


def _expression(section: Section) -> dict[str, Any]:
    kind = section.keyword("expression", {name: name for name in EXPRESSIONS})
    values = section.read("values")
    if isinstance(values, Scalar):
        values = [values]
    if not isinstance(values, list):
        section.reject("values", values, "must be a list of the expression's arguments")
        return {}
    return {} if kind is None else convert_positional(section, kind, values)


def _limits(top: Section) -> dict[str, Any]:
    limits: dict[str, Any] = {"maxTotalTrials": top.integer("max_total_runs")}
    if limits["maxTotalTrials"] is None and top.data.get("max_total_runs") is None:
        top.reject("max_total_runs", None, "is required: how many trials there are to be")
    if (concurrent := top.integer("max_concurrent_runs")) is not None:
        limits["maxConcurrentTrials"] = concurrent
    minutes = top.integer("max_duration_minutes")
    if minutes is None:
        message = f"is absent; Azure would cancel the sweep after {_DEFAULT_MINUTES} minutes"
        top.note("max_duration_minutes", None, message)
    else:
        limits["timeout"] = minutes * 60
        if minutes > _DEFAULT_MINUTES:
            message = f"taken as it is; Azure would make it {_DEFAULT_MINUTES}"
            top.note("max_duration_minutes", minutes, message)
    return limits


def _trial(top: Section, arguments: list[str]) -> dict[str, Any]:
    options = top.conversion.options
    command = options.command or f"python {PLACEHOLDER}.py"
    if options.command is None:
        message = f"the file has none: put the command for {command}, or give --command"
        top.note("command", None, message)
    if options.image is None:
        message = f"the file has none: put an image for {IMAGE}, or give --image"
        top.note("image", None, message)
    parts = {"image": options.image or IMAGE, "command": " ".join([command, *arguments]), "env": []}
    return build_trial(top.conversion, parts, "command")


def _note_v1_restrictions(top: Section, spec: Mapping[str, Any]) -> None:
    """Add a note for each combination that v1 refused and that is supported here."""
    if spec["samplingAlgorithm"]["type"] != "bayesian":
        return
    if "earlyTermination" in spec:
        kind = spec["earlyTermination"]["type"]
        top.note("policy", kind, "v1's bayesian sampling had no early termination; here it has")
    for name, expression in spec["searchSpace"].items():
        if expression.get("type") not in (*_BAYESIAN, None):
            message = "v1's bayesian sampling had no such expression; here it has"
            path = top.conversion.source_paths[f"spec.searchSpace.{name}"]
            top.conversion.section({}, path).note("expression", expression["type"], message)
