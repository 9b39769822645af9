"""v1's file for ``az ml run submit-hyperdrive`` (Azure semantics, "HyperDrive file, v1")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import protocol
from ...api.search_space import EXPRESSIONS
from ...search.space import Scalar
from .conversion import PLACEHOLDER, Conversion, Section
from .early_termination import V1_NAMES, convert_policy
from .metadata import begin
from .search_space import convert_positional
from .sweep import GOALS, keep_order
from .trial import gpus, image

_SAMPLING = {
    "random": "random",
    "grid": "grid",
    "bayesian": "bayesian",
    "bayesianoptimization": "bayesian",
}
_BAYESIAN = ("choice", "uniform", "quniform")
_DEFAULT_MINUTES = 10_080


def convert_hyperdrive(conversion: Conversion, data: Mapping[str, Any], stem: str) -> None:
    """Fill ``conversion`` from the file."""
    top = conversion.section(data, "")
    begin(conversion, None, "", stem)
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    conversion.origins |= {
        "spec.objective.goal": "primary_metric_goal",
        "spec.objective.primaryMetric": "primary_metric_name",
        "spec.limits.maxTotalTrials": "max_total_runs",
        "spec.limits.maxConcurrentTrials": "max_concurrent_runs",
        "spec.limits.timeout": "max_duration_minutes",
        "spec.searchSpace": "sampling.parameter_space",
        "spec.samplingAlgorithm": "sampling",
    }
    spec["objective"] = {
        "goal": top.word("primary_metric_goal", GOALS),
        "primaryMetric": top.required_text("primary_metric_name", "the metric as it is logged"),
    }
    sampling = top.child("sampling")
    spec["samplingAlgorithm"] = {"type": sampling.word("type", _SAMPLING)}
    arguments, spec["searchSpace"] = _space(sampling)
    sampling.finish()
    keep_order(sampling, spec)
    convert_policy(top, "policy", V1_NAMES, spec)
    spec["limits"] = _limits(top)
    spec["metrics"] = {"source": protocol.LOGS}
    message = "v1's Run.log prints outside of Azure; remove it if the script logs with MLflow"
    top.note("", "metrics.source: logs", message)
    spec["trial"] = _trial(top, arguments)
    _doubts(top, spec)
    top.finish()


def _space(sampling: Section) -> tuple[list[str], dict[str, Any]]:
    """The arguments that v1 appends to the command, and the search space."""
    listed = sampling.take("parameter_space")
    if not isinstance(listed, list):
        sampling.refuse("parameter_space", listed, "must be a list of name, expression and values")
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
        section.conversion.origins[f"spec.searchSpace.{name}"] = section.path
        if name in space:
            section.refuse("name", argument, "is there twice")
        space[name] = _expression(section)
        arguments.append(f"--{argument} ${{{{search_space.{name}}}}}")
        section.finish()
    return arguments, space


def _expression(section: Section) -> dict[str, Any]:
    kind = section.word("expression", {name: name for name in EXPRESSIONS})
    values = section.take("values")
    if isinstance(values, Scalar):
        values = [values]
    if not isinstance(values, list):
        section.refuse("values", values, "must be a list of the expression's arguments")
        return {}
    return {} if kind is None else convert_positional(section, kind, values)


def _limits(top: Section) -> dict[str, Any]:
    limits: dict[str, Any] = {"maxTotalTrials": top.whole("max_total_runs")}
    if limits["maxTotalTrials"] is None and top.data.get("max_total_runs") is None:
        top.refuse("max_total_runs", None, "is required: how many trials there are to be")
    if (concurrent := top.whole("max_concurrent_runs")) is not None:
        limits["maxConcurrentTrials"] = concurrent
    minutes = top.whole("max_duration_minutes")
    if minutes is None:
        message = f"is not there; Azure would cancel the sweep after {_DEFAULT_MINUTES} minutes"
        top.note("max_duration_minutes", None, message)
    else:
        limits["timeout"] = minutes * 60
        if minutes > _DEFAULT_MINUTES:
            message = f"taken as it is; Azure would make it {_DEFAULT_MINUTES}"
            top.note("max_duration_minutes", minutes, message)
    return limits


def _trial(top: Section, arguments: list[str]) -> dict[str, Any]:
    supplies = top.conversion.supplies
    command = supplies.command or f"python {PLACEHOLDER}.py"
    if supplies.command is None:
        message = f"the file has no script: put the command for {command}, or give --command"
        top.note("", "command", message)
    reason = "the run configuration is another file"
    trial = {
        "image": supplies.image or image(top, reason, ""),
        "command": " ".join([command, *arguments]),
    }
    gpus(top.conversion, trial)
    return trial


def _doubts(top: Section, spec: Mapping[str, Any]) -> None:
    """What v1 did not have together works here, but was surely not meant by the file."""
    if spec["samplingAlgorithm"]["type"] != "bayesian":
        return
    if "earlyTermination" in spec:
        kind = spec["earlyTermination"]["type"]
        top.note("policy", kind, "v1's bayesian sampling had no early termination; here it has")
    for name, expression in spec["searchSpace"].items():
        if expression.get("type") not in (*_BAYESIAN, None):
            message = "v1's bayesian sampling had no such expression; here it has"
            path = top.conversion.origins[f"spec.searchSpace.{name}"]
            top.conversion.section({}, path).note("expression", expression["type"], message)
