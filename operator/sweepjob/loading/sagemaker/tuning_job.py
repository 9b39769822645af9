"""Converts a tuning job: the request that creates it, or the answer that describes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...api import names
from ..azure.conversion import Conversion, ConversionOptions, Section
from ..azure.metadata import annotate, initialize_manifest, label_queue
from ..azure.result_check import check_result
from .parameters import convert_ranges
from .training_job import convert_training_job

_STRATEGIES = {
    "bayesian": "bayesian",
    "random": "random",
    "grid": "grid",
    "hyperband": "random",
}
_GOALS = {"maximize": "maximize", "minimize": "minimize"}
# Of the answer of a description: what has come out.
_RESULTS = (
    *("HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "CreationTime"),
    *("HyperParameterTuningEndTime", "LastModifiedTime", "TrainingJobStatusCounters"),
    *("ObjectiveStatusCounters", "BestTrainingJob", "OverallBestTrainingJob", "FailureReason"),
    *("TuningJobCompletionDetails", "ConsumedResources", "ResponseMetadata"),
)
_CONVERGED = (
    "SageMaker decides when that is; limits.noImprovementTrials ends the sweep when so many trials in a "
    "row ended without a new best"
)


def is_tuning_job(data: Any) -> bool:
    """Return whether a document is a tuning job of SageMaker."""
    return isinstance(data, Mapping) and "HyperParameterTuningJobConfig" in data


def convert_tuning_job(data: Any, options: ConversionOptions, stem: str = "sweep") -> Conversion:
    """Convert a tuning job to a SweepJob.

    Args:
        data: the request or the description.
        options: what it does not have: the command, an image that the cluster can pull, GPUs, the queue.
        stem: the SweepJob's name if the file has none.

    Raises:
        ConversionError: it cannot be converted; the error has every reason.
    """
    conversion = Conversion(options)
    top = conversion.section(data, "")
    metadata = initialize_manifest(
        conversion, top.text("HyperParameterTuningJobName"), "HyperParameterTuningJobName", stem
    )
    annotate(metadata, f"{names.GROUP}/display-name", top.text("HyperParameterTuningJobName"))
    for key in _RESULTS:
        top.read(key)
    top.ignore("Tags", "they are tags of AWS; write labels into the SweepJob")
    if top.read("WarmStartConfig") is not None:
        message = (
            "the parent jobs are in SageMaker; remove it, and give finished sweeps or results in "
            "spec.warmStart"
        )
        top.reject("WarmStartConfig", top.data["WarmStartConfig"], message)
    if top.read("TrainingJobDefinitions") is not None:
        message = "several definitions are several sweeps; write each as TrainingJobDefinition"
        top.reject("TrainingJobDefinitions", "...", message)
    autotune = top.subsection("Autotune")
    if autotune.read("Mode") is not None:
        message = "SageMaker chooses ranges and counts with it; write them, and remove it"
        top.reject("Autotune", top.data["Autotune"], message)
    autotune.reject_unknown_keys()
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    config = top.subsection("HyperParameterTuningJobConfig")
    named = _convert_config(config, spec)
    definition = top.subsection("TrainingJobDefinition")
    convert_training_job(definition, spec, named)
    top.reject_unknown_keys()
    label_queue(conversion)
    prefix = "HyperParameterTuningJobConfig"
    conversion.source_paths |= {
        "spec.searchSpace": f"{prefix}.ParameterRanges",
        "spec.limits": f"{prefix}.ResourceLimits",
        "spec.limits.maxTotalTrials": f"{prefix}.ResourceLimits.MaxNumberOfTrainingJobs",
        "spec.limits.maxConcurrentTrials": f"{prefix}.ResourceLimits.MaxParallelTrainingJobs",
        "spec.objective": f"{prefix}.HyperParameterTuningJobObjective",
        "spec.samplingAlgorithm": f"{prefix}.Strategy",
        "spec.metrics.pattern": "TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions",
        "spec.trial": "TrainingJobDefinition",
    }
    return check_result(conversion)


def _convert_config(config: Section, spec: dict[str, Any]) -> dict[str, str]:
    """Convert the configuration; return the names of the parameters in the file."""
    objective = config.subsection("HyperParameterTuningJobObjective")
    spec["objective"] = {
        "goal": objective.keyword("Type", _GOALS),
        "primaryMetric": objective.required_text("MetricName", "the metric's name"),
    }
    objective.reject_unknown_keys()
    strategy = str(config.data.get("Strategy") or "Bayesian").lower()
    spec["samplingAlgorithm"] = {"type": config.keyword("Strategy", _STRATEGIES, "Bayesian")}
    if (seed := config.integer("RandomSeed")) is not None:
        spec["samplingAlgorithm"]["seed"] = seed
    spec["searchSpace"], named = convert_ranges(config.subsection("ParameterRanges"))
    limits = config.subsection("ResourceLimits")
    spec["limits"] = {
        "maxTotalTrials": _number_of_trials(
            limits, spec["searchSpace"], is_grid=strategy == "grid"
        ),
        "maxConcurrentTrials": limits.integer("MaxParallelTrainingJobs"),
    }
    if (seconds := limits.integer("MaxRuntimeInSeconds")) is not None:
        spec["limits"]["timeout"] = seconds
    limits.reject_unknown_keys()
    _convert_early_stopping(config, spec, is_hyperband=strategy == "hyperband")
    _convert_completion(config.subsection("TuningJobCompletionCriteria"), spec["limits"])
    config.reject_unknown_keys()
    return named


def _number_of_trials(limits: Section, space: Mapping[str, Any], *, is_grid: bool) -> int | None:
    """Return the number of trials; of a grid without one, that of its combinations."""
    key = "MaxNumberOfTrainingJobs"
    given, own = limits.conversion.options.trials, limits.integer(key)
    if given is not None and own not in (None, given):
        limits.note(key, own, f"is {given}, of --trials")
    total = given or own
    if total is None and is_grid:
        total = math.prod(len(entry.get("values", ())) for entry in space.values())
        limits.note(key, None, f"is absent; limits.maxTotalTrials is {total}, the whole grid")
    elif total is None and limits.data.get(key) is None:
        limits.reject(key, None, "is required for this strategy: give --trials")
    return total


def _convert_completion(criteria: Section, limits: dict[str, Any]) -> None:
    """Convert when the tuning job has found enough."""
    if (target := criteria.number("TargetObjectiveMetricValue")) is not None:
        limits["target"] = target
        message = (
            "is limits.target: trials that have reached it run to their end, others are canceled"
        )
        criteria.note("TargetObjectiveMetricValue", target, message)
    improving = criteria.subsection("BestObjectiveNotImproving")
    if (number := improving.integer("MaxNumberOfTrainingJobsNotImproving")) is not None:
        limits["noImprovementTrials"] = number
        message = "is limits.noImprovementTrials: trials that end in a row without a new best"
        improving.note("MaxNumberOfTrainingJobsNotImproving", number, message)
    improving.reject_unknown_keys()
    criteria.ignore("ConvergenceDetected", _CONVERGED)
    criteria.reject_unknown_keys()


def _convert_early_stopping(config: Section, spec: dict[str, Any], *, is_hyperband: bool) -> None:
    kind = config.keyword("TrainingJobEarlyStoppingType", {"off": "off", "auto": "auto"}, "Off")
    section = config.subsection("StrategyConfig")
    hyperband = section.subsection("HyperbandStrategyConfig")
    least, most = hyperband.integer("MinResource"), hyperband.integer("MaxResource")
    hyperband.reject_unknown_keys()
    section.reject_unknown_keys()
    if is_hyperband:
        policy = {"gracePeriod": least or 1}
        if most:
            spec["earlyTermination"] = {"type": "hyperband", **policy, "maxReports": most}
            message = "is random sampling with hyperband; a resource is a report"
        else:
            spec["earlyTermination"] = {"type": "asha", **policy}
            message = (
                "is random sampling with asha, which is hyperband with one bracket: brackets need "
                "MaxResource, which is absent; a resource is a report"
            )
        config.note("Strategy", "Hyperband", message)
    elif kind == "auto":
        spec["earlyTermination"] = {"type": "median_stopping", "delayEvaluation": 5}
        message = "is median_stopping after 5 reports: SageMaker's rule compares with medians, too"
        config.note("TrainingJobEarlyStoppingType", "Auto", message)
