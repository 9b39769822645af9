"""Converts a sweep file: method, metric, early termination and what a trial runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api import names
from ..azure.conversion import PLACEHOLDER, Conversion, ConversionOptions, Section
from ..azure.metadata import annotate, initialize_manifest, label_queue
from ..azure.result_check import check_result
from .command import convert_command
from .parameters import Parameters, convert_parameters

_METHODS = {"random": "random", "grid": "grid", "bayes": "bayesian"}
_MOST_BRACKETS = 64
_GOALS = {"minimize": "minimize", "maximize": "maximize"}
_REFUSED = {
    "job": "a launch job is not supported; write program or command, and give --image",
    "image_uri": "a launch job is not supported; write program or command, and give it as --image",
    "scheduler": "a launch scheduler is not supported; write program or command, and give --image",
    "controller": "a controller of your own is not supported; remove it",
}
_REPORTS = (
    "metrics.source: wandb reads what wandb.log writes beside the run; nothing is sent to W&B, unless "
    "trial.env has WANDB_MODE: online and WANDB_API_KEY"
)


def is_wandb_sweep(data: Any) -> bool:
    """Return whether a document is a sweep file of Weights & Biases."""
    return (
        isinstance(data, Mapping)
        and "parameters" in data
        and "method" in data
        and "apiVersion" not in data
        and "type" not in data
    )


def convert_wandb(data: Any, options: ConversionOptions, stem: str = "sweep") -> Conversion:
    """Convert a sweep file to a SweepJob.

    Args:
        data: the contents of the file.
        options: what the file does not have: image, trials, names, GPUs and queue.
        stem: the SweepJob's name if the file has none.

    Raises:
        ConversionError: it cannot be converted; the error has every reason.
    """
    conversion = Conversion(options)
    top = conversion.section(data, "")
    _convert_metadata(top, stem)
    for key, reason in _REFUSED.items():
        if top.read(key) is not None:
            top.reject(key, top.data[key], reason)
    method = top.keyword("method", _METHODS)
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    conversion.source_paths |= {
        "spec.samplingAlgorithm": "method",
        "spec.objective.goal": "metric.goal",
        "spec.searchSpace": "parameters",
        "spec.trial": "command",
        "spec.trial.image": "--image",
        "spec.limits.maxTotalTrials": "run_cap",
        "spec.limits.target": "metric.target",
        "spec.objective.primaryMetric": "metric.name",
    }
    metric = top.subsection("metric")
    target = _target(metric)
    spec["objective"] = _objective(metric)
    parameters = convert_parameters(top, is_grid=method == "grid", is_random=method == "random")
    spec["samplingAlgorithm"] = {"type": method}
    if method == "grid" and len(parameters.space) > 1:
        spec["samplingAlgorithm"]["order"] = list(parameters.space)
    if method == "bayesian":
        top.note("method", "bayes", "another Gaussian process than W&B's proposes the parameters")
    spec["searchSpace"] = parameters.space
    _convert_early_terminate(top, spec)
    spec["limits"] = _limits(top, parameters, is_grid=method == "grid")
    if target is not None:
        spec["limits"]["target"] = target
    spec["metrics"] = {"source": "wandb"}
    top.note("metric.name", spec["objective"].get("primaryMetric"), _REPORTS)
    spec["trial"] = _trial(top, parameters)
    top.reject_unknown_keys()
    label_queue(conversion)
    return check_result(conversion)


def _convert_metadata(top: Section, stem: str) -> None:
    name = top.text("name")
    metadata = initialize_manifest(top.conversion, name, "name", stem)
    annotate(metadata, f"{names.GROUP}/display-name", name)
    annotate(metadata, f"{names.GROUP}/experiment-name", top.text("project"))
    annotate(metadata, f"{names.GROUP}/description", top.text("description"))
    top.ignore("entity", "it is an account of W&B; --namespace gives a namespace")
    if top.data.get("project") is not None:
        message = f"kept as the annotation {names.GROUP}/experiment-name"
        top.note("project", top.data["project"], message)


def _target(metric: Section) -> float | None:
    """Read the value after which no run starts."""
    target = metric.number("target")
    if target is not None:
        message = (
            "is limits.target: W&B starts no run after one has reached it, and lets the others end; here "
            "only trials that have reached it run to their end"
        )
        metric.note("target", target, message)
    return target


def _objective(section: Section) -> dict[str, Any]:
    if not section.data:
        if not section.conversion.problems:
            section.reject("", None, "is required here: name and goal of the metric to optimize")
        return {}
    goal = section.keyword("goal", _GOALS, "minimize")
    if section.data.get("goal") is None:
        section.note("goal", None, "is absent; minimize, W&B's default")
    for key in ("impute", "impute_while_running"):
        section.ignore(key, "a trial without the metric does not count")
    found = {"goal": goal, "primaryMetric": section.required_text("name", "the metric's name")}
    section.reject_unknown_keys()
    return found


def _convert_early_terminate(top: Section, spec: dict[str, Any]) -> None:
    if top.read("early_terminate") is None:
        return
    section = top.subsection("early_terminate")
    top.conversion.source_paths["spec.earlyTermination"] = section.path
    kind = section.keyword("type", {"hyperband": "asha"})
    eta, least = section.integer("eta"), section.integer("min_iter")
    most, brackets = section.integer("max_iter"), section.integer("s")
    if section.read("strict"):
        section.note("strict", True, "not carried over: asha always stops all but the best 1/eta")
    section.reject_unknown_keys()
    if kind is None:
        return
    eta = eta or 3
    policy: dict[str, Any] = {"type": kind, "reductionFactor": eta}
    if least is not None and most is None:
        policy["gracePeriod"] = least
    elif most is not None and brackets is not None and least is None and eta > 1 and brackets > 0:
        grace = most // eta ** min(brackets, _MOST_BRACKETS)
        policy |= {"gracePeriod": max(1, grace), "maxReports": most}
    else:
        message = "needs either min_iter, or max_iter and s"
        section.reject("", dict(section.data), message)
    spec["earlyTermination"] = policy
    message = (
        "is asha: W&B compares all runs at the same iterations, which is one bracket of Hyperband; rungs "
        "are at gracePeriod and its multiples by eta, and an iteration is a report"
    )
    section.note("type", "hyperband", message)


def _limits(top: Section, parameters: Parameters, *, is_grid: bool) -> dict[str, Any]:
    cap = top.integer("run_cap")
    total = top.conversion.options.trials or cap
    if cap not in (None, total):
        top.note("run_cap", cap, f"is {total}, of --trials")
    if total is None and is_grid:
        total = parameters.combinations
        top.note("run_cap", None, f"is absent; limits.maxTotalTrials is {total}, the whole grid")
    elif total is None:
        message = "is required here, and W&B would go on until its agents end: give --trials"
        top.reject("run_cap", None, message)
    message = "there are no agents: limits.maxConcurrentTrials is 1, as with one agent; raise it"
    top.conversion.section({}, "").note("agents", None, message)
    return {"maxTotalTrials": total, "maxConcurrentTrials": 1}


def _trial(top: Section, parameters: Parameters) -> dict[str, Any]:
    options = top.conversion.options
    command, env = convert_command(top, parameters)
    image = options.image or PLACEHOLDER
    if options.image is None:
        message = "the file has no image: --image gives one, with the program and its packages"
        top.conversion.section({}, "").note("program", top.data.get("program"), message)
    trial: dict[str, Any] = {"image": image, "command": command}
    if env:
        trial["env"] = env
    if options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": options.gpus}}
    return trial
