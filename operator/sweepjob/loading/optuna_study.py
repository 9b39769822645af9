"""Converts a study of Optuna's: a search space, and results that a warm start takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..api import names
from ..search.outcomes import MAX_OBJECTIVES
from .azure.conversion import PLACEHOLDER, Conversion, ConversionOptions, Section
from .azure.metadata import initialize_manifest, label_queue
from .azure.result_check import check_result
from .optuna_points import convert_enqueued, is_enqueued
from .optuna_results import convert_results, source_sweep
from .optuna_space import StudySpace, arguments, convert_space
from .optuna_storage import Study

_CONSTRAINTS = "constraints"  # Optuna's name of them in a trial's system attributes
_REPORTS = (
    "metrics.source is logs: have the program print name=value, or set mlflow and log with MLflow"
)


@dataclass(frozen=True)
class ConvertedStudy:
    """A study as a sweep, and its trials.

    Attributes:
        conversion: has the SweepJob that goes on from the study.
        source: the finished SweepJob that stands for the study.
        trials: its SweepTrials.
    """

    conversion: Conversion
    source: dict[str, Any]
    trials: list[dict[str, Any]] = field(default_factory=list)


def convert_study(study: Study, options: ConversionOptions, metric: str | None) -> ConvertedStudy:
    """Convert a study.

    Args:
        study: what ``read_study`` returned.
        options: what the study does not have: image, command, trials, names, GPUs and queue.
        metric: name of the metric; None for that of the study.

    Raises:
        ConversionError: it cannot be converted; the error has every reason.
    """
    conversion = Conversion(options)
    top = conversion.section({}, "study")
    metadata = initialize_manifest(conversion, study.name, "study", "study")
    conversion.source_paths |= {
        "spec.searchSpace": "study.trials",
        "spec.objectives": "study.directions",
        "spec.objective": "study.metric_names",
    }
    space = convert_space(top, study.trials)
    objectives = _objectives(top, study, metric)
    source_name = f"{metadata['name']}-study"[: names.SWEEP_NAME_LIMIT]
    limits = _limits(top, options, study)
    points = convert_enqueued(top, study.trials, space, limits["maxTotalTrials"])
    conversion.manifest["spec"] = {
        **_objective_keys(objectives),
        "samplingAlgorithm": {"type": "bayesian"},
        "searchSpace": space.space,
        "limits": limits,
        **({"initialPoints": points} if points else {}),
        "warmStart": {"sweeps": [source_name]},
        "metrics": {"source": "logs"},
        "trial": _trial(top, options, space),
    }
    names_of_metrics = [objective["primaryMetric"] for objective in objectives]
    top.note("metric_names", ", ".join(names_of_metrics), _REPORTS)
    run = [trial for trial in study.trials if not is_enqueued(trial)]
    trials = convert_results(top, run, space, source_name, names_of_metrics)
    _note_attributes(top, study)
    if not trials:
        del conversion.manifest["spec"]["warmStart"]
        top.note("trials", len(study.trials), "none has a result, so that there is no warmStart")
    label_queue(conversion)
    checked = check_result(conversion, lambda path: path)
    return ConvertedStudy(checked, source_sweep(checked, source_name, trials), trials)


def _objectives(top: Section, study: Study, metric: str | None) -> list[dict[str, str]]:
    """Return goal and metric of each objective."""
    goals = [direction.name.lower() for direction in study.directions]
    if len(goals) > MAX_OBJECTIVES:
        top.reject("directions", goals, f"are more than {MAX_OBJECTIVES} objectives")
    if len(goals) > 1 and metric is not None:
        message = (
            "--metric names the metric of one objective; leave it out, and name them in the file"
        )
        top.reject("directions", goals, message)
    given = [metric] if metric and len(goals) == 1 else study.metric_names
    if given is None and len(goals) == 1:
        given = ["objective"]
        message = (
            "is not named: primaryMetric is objective; --metric gives the name that trials report"
        )
        top.note("metric_names", None, message)
    elif given is None:
        given = [f"objective_{number}" for number in range(len(goals))]
        message = f"are not named: they are {', '.join(given)}; write the names that trials report"
        top.note("metric_names", None, message)
    pairs = zip(goals, given, strict=False)
    return [{"goal": goal, "primaryMetric": name} for goal, name in pairs]


def _objective_keys(objectives: list[dict[str, str]]) -> dict[str, Any]:
    return {"objective": objectives[0]} if len(objectives) == 1 else {"objectives": objectives}


def _limits(top: Section, options: ConversionOptions, study: Study) -> dict[str, Any]:
    total = options.trials or len(study.trials) or 1
    if options.trials is None:
        message = (
            f"limits.maxTotalTrials is {total}, as many as the study has; --trials gives another"
        )
        top.note("trials", len(study.trials), message)
    return {"maxTotalTrials": total, "maxConcurrentTrials": 1}


def _note_attributes(top: Section, study: Study) -> None:
    """Note what a study has besides parameters and values."""
    own = dict.fromkeys(name for trial in study.trials for name in trial.user_attrs)
    for key, found in (("user_attrs", list(study.user_attrs)), ("trials.user_attrs", list(own))):
        if found:
            top.note(key, found, "not carried over: a sweep has labels, and trials have tags")
    if any(trial.system_attrs.get(_CONSTRAINTS) for trial in study.trials):
        message = (
            "not carried over: the study has numbers without names. Report each as a metric, and write "
            "spec.constraints; until then trials that violate them count as results"
        )
        top.note("trials.constraints", "...", message)


def _trial(top: Section, options: ConversionOptions, space: StudySpace) -> dict[str, Any]:
    command = options.command or " ".join(["python", PLACEHOLDER, *arguments(space)])
    if options.command is None or options.image is None:
        message = "a study has no program: --image and --command give one, or fill in REPLACE-ME"
        top.note("objective", None, message)
    trial: dict[str, Any] = {"image": options.image or PLACEHOLDER, "command": command}
    if options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": options.gpus}}
    return trial
