"""Converts an Experiment: its metadata, objective, counts, and the parts that other modules convert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import protocol
from ..azure.conversion import Conversion, ConversionError, ConversionOptions, Section
from ..azure.metadata import initialize_manifest, label_queue
from ..azure.result_check import check_result
from .algorithm import convert_algorithm, convert_early_stopping
from .metrics import convert_metrics
from .parameters import convert_parameters
from .settings import read_count
from .template import convert_template

_API_VERSION = "kubeflow.org/v1beta1"
_GOALS = {"minimize": "minimize", "maximize": "maximize"}
_STRATEGIES = {"minimize": "min", "maximize": "max"}
_KNOWN_STRATEGIES = {"min": "min", "max": "max", "latest": "latest"}
_DEFAULT_PARALLEL = 3  # Katib's
_SERVER_KEYS = (
    *("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"),
    *("finalizers", "ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds"),
)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def is_experiment(data: Any) -> bool:
    """Return whether a document is an Experiment of Katib's."""
    return (
        isinstance(data, Mapping)
        and data.get("kind") == "Experiment"
        and str(data.get("apiVersion", "")).startswith("kubeflow.org/")
    )


def convert_experiment(data: Any, options: ConversionOptions, stem: str = "sweep") -> Conversion:
    """Convert an Experiment to a SweepJob.

    Args:
        data: the object.
        options: its name, namespace and queue here.
        stem: the SweepJob's name if the object has none.

    Raises:
        ConversionError: it cannot be converted; the error has every reason.
    """
    conversion = Conversion(options)
    top = conversion.section(data, "")
    version = top.read("apiVersion")
    if version != _API_VERSION:
        message = f"must be {_API_VERSION}, the only version whose keys are known here"
        top.reject("apiVersion", version, message)
        raise ConversionError(conversion.problems)
    if top.read("kind") != "Experiment":
        top.reject("kind", top.data.get("kind"), "must be Experiment")
    _convert_metadata(top.subsection("metadata"), stem)
    _convert_spec(top.subsection("spec"))
    top.ignore("status", "results stay in Katib's object; the SweepJob begins without trials")
    top.reject_unknown_keys()
    label_queue(conversion)
    return check_result(conversion)


def _convert_metadata(section: Section, stem: str) -> None:
    conversion = section.conversion
    name = section.text("name") or section.text("generateName")
    metadata = initialize_manifest(conversion, name and name.rstrip("-"), "metadata.name", stem)
    namespace = section.text("namespace")
    if namespace and not conversion.options.namespace:
        metadata["namespace"] = namespace
    for key in ("labels", "annotations"):
        kept = dict(section.subsection(key).data)
        if kept.pop(_APPLIED, None) is not None:
            section.note(f"{key}.{_APPLIED}", "...", "not carried over: kubectl writes it")
        if kept:
            metadata[key] = {str(name): str(value) for name, value in kept.items()}
    for key in _SERVER_KEYS:
        section.ignore(key, "the API server sets it")
    section.read("generateName")
    section.reject_unknown_keys()


def _convert_spec(section: Section) -> None:
    conversion = section.conversion
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    conversion.source_paths |= {
        "spec": section.path,
        "spec.objective.goal": section.at("objective.type"),
        "spec.objective.primaryMetric": section.at("objective.objectiveMetricName"),
        "spec.searchSpace": section.at("parameters"),
        "spec.trial": section.at("trialTemplate"),
    }
    if section.read("nasConfig") is not None:
        message = "neural architecture search is not supported; search the parameters of a network"
        section.reject("nasConfig", section.data["nasConfig"], message)
        raise ConversionError(conversion.problems)
    objective = section.subsection("objective")
    also, target = _also(objective), _target(objective)
    spec["objective"] = _objective(objective)
    algorithm = section.subsection("algorithm")
    names = convert_parameters(section, spec, algorithm.text("algorithmName"))
    convert_algorithm(algorithm, spec, names)
    convert_early_stopping(section, spec)
    limits = _limits(section)
    if target is not None:
        limits["target"] = target
        conversion.source_paths["spec.limits.target"] = section.at("objective.goal")
    spec["limits"] = limits
    _convert_resume_policy(section)
    spec["metrics"] = convert_metrics(section)
    if also:
        spec["metrics"]["also"] = also
    template = section.subsection("trialTemplate")
    if not template.data:
        section.reject("trialTemplate", None, "is required: what a trial runs")
    spec["trial"] = convert_template(template, names, limits)
    section.reject_unknown_keys()


def _also(objective: Section) -> list[str]:
    """Read the names of the other metrics."""
    names = objective.read("additionalMetricNames", [])
    primary = objective.data.get("objectiveMetricName")
    if not isinstance(names, list) or not all(map(protocol.is_name, names)):
        objective.reject("additionalMetricNames", names, "must be a list of names of metrics")
        return []
    also = list(dict.fromkeys(name for name in names if name != primary))
    if len(also) > protocol.MAX_CURVES:
        message = f"only the first {protocol.MAX_CURVES} are kept as curves, in metrics.also"
        objective.note("additionalMetricNames", also, message)
    return also[: protocol.MAX_CURVES]


def _target(objective: Section) -> float | None:
    """Read the value at which the experiment ends."""
    target = objective.number("goal")
    if target is not None:
        message = (
            "is limits.target: Katib lets all running trials end when a trial that has ended reached it; "
            "here a report counts, and only trials that have reached it run to their end"
        )
        objective.note("goal", target, message)
    return target


def _objective(section: Section) -> dict[str, Any]:
    goal = section.keyword("type", _GOALS)
    metric = section.required_text("objectiveMetricName", "the metric as it is reported")
    _check_strategies(section, goal, metric)
    section.reject_unknown_keys()
    return {"goal": goal, "primaryMetric": metric}


def _check_strategies(section: Section, goal: str | None, metric: str) -> None:
    """Reject a strategy of the objective other than the best report, which counts here."""
    strategies = section.read("metricStrategies", [])
    if not isinstance(strategies, list):
        section.reject("metricStrategies", strategies, "must be a list")
        return
    for position, found in enumerate(strategies):
        one = section.conversion.section(found, section.at(f"metricStrategies[{position}]"))
        name = one.required_text("name", "the metric")
        value = one.keyword("value", _KNOWN_STRATEGIES)
        one.reject_unknown_keys()
        if name != metric:
            one.note(
                "",
                value,
                "not carried over: other metrics decide nothing; their lowest and highest values are "
                "recorded",
            )
        elif goal and value and value != _STRATEGIES[goal]:
            message = (
                f"the best report of a trial counts here, {_STRATEGIES[goal]} for {goal}; report the "
                f"metric once, at the end, and set {_STRATEGIES[goal]}"
            )
            one.reject("value", value, message)


def _limits(section: Section) -> dict[str, Any]:
    total = section.conversion.options.trials or read_count(section, "maxTrialCount", 1)
    if section.read("maxTrialCount") not in (None, total):
        section.note("maxTrialCount", section.data["maxTrialCount"], f"is {total}, of --trials")
    if total is None and section.data.get("maxTrialCount") is None:
        message = "is required here, and Katib would go on until the goal is reached: give --trials"
        section.reject("maxTrialCount", None, message)
    limits: dict[str, Any] = {"maxTotalTrials": total}
    parallel = read_count(section, "parallelTrialCount", 1)
    if parallel is None:
        parallel = _DEFAULT_PARALLEL
        section.note("parallelTrialCount", None, f"is absent; {parallel}, Katib's default")
    if total is not None and parallel > total:
        section.note("parallelTrialCount", parallel, f"{total}, since there are no more trials")
        parallel = total
    limits["maxConcurrentTrials"] = parallel
    failed = read_count(section, "maxFailedTrialCount", 0)
    if failed is not None:
        limits["maxFailedTrials"] = max(0, failed - 1)
        message = (
            f"limits.maxFailedTrials is {limits['maxFailedTrials']}: Katib fails when so many trials "
            "have failed, and here the sweep fails when more than maxFailedTrials have"
        )
        section.note("maxFailedTrialCount", failed, message)
    section.conversion.source_paths |= {
        "spec.limits.maxTotalTrials": section.at("maxTrialCount"),
        "spec.limits.maxConcurrentTrials": section.at("parallelTrialCount"),
    }
    return limits


def _convert_resume_policy(section: Section) -> None:
    value = section.read("resumePolicy")
    if value in ("Never", "LongRunning", "FromVolume"):
        message = (
            "not carried over: a larger limits.maxTotalTrials continues any sweep that has ended"
        )
        section.note("resumePolicy", value, message)
    elif value is not None:
        section.reject("resumePolicy", value, "unknown; known: Never, LongRunning, FromVolume")
