"""Converts a study of Optuna's: a search space, and results that a warm start takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..api import names
from ..search.outcomes import MAX_OBJECTIVES
from ..search.space import Scalar
from .azure.conversion import PLACEHOLDER, Conversion, ConversionOptions, Section
from .azure.metadata import initialize_manifest, label_queue
from .azure.result_check import check_result
from .names import parameter_name
from .optuna_points import convert_enqueued, is_enqueued
from .optuna_results import convert_results, source_sweep
from .optuna_storage import Study
from .ranges import plain, quantized, stepped_uniform

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
    space, theirs = _space(top, study.trials)
    objectives = _objectives(top, study, metric)
    source_name = f"{metadata['name']}-study"[: names.SWEEP_NAME_LIMIT]
    limits = _limits(top, options, study)
    points = convert_enqueued(top, study.trials, theirs, space, limits["maxTotalTrials"])
    conversion.manifest["spec"] = {
        **_objective_keys(objectives),
        "samplingAlgorithm": {"type": "bayesian"},
        "searchSpace": space,
        "limits": limits,
        **({"initialPoints": points} if points else {}),
        "warmStart": {"sweeps": [source_name]},
        "metrics": {"source": "logs"},
        "trial": _trial(top, options, theirs),
    }
    names_of_metrics = [objective["primaryMetric"] for objective in objectives]
    top.note("metric_names", ", ".join(names_of_metrics), _REPORTS)
    run = [trial for trial in study.trials if not is_enqueued(trial)]
    trials = convert_results(top, run, theirs, source_name, names_of_metrics)
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


def _trial(top: Section, options: ConversionOptions, theirs: Mapping[str, str]) -> dict[str, Any]:
    words = (f"--{name}=${{{{search_space.{ours}}}}}" for ours, name in theirs.items())
    command = options.command or " ".join(["python", PLACEHOLDER, *words])
    if options.command is None or options.image is None:
        message = "a study has no program: --image and --command give one, or fill in REPLACE-ME"
        top.note("objective", None, message)
    trial: dict[str, Any] = {"image": options.image or PLACEHOLDER, "command": command}
    if options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": options.gpus}}
    return trial


def _space(top: Section, trials: Sequence[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the search space, and Optuna's names of the parameters by ours."""
    seen: dict[str, list[Any]] = {}
    with_parameters = [trial for trial in trials if trial.distributions]
    for trial in with_parameters:
        for name, distribution in trial.distributions.items():
            seen.setdefault(name, []).append(distribution)
    space: dict[str, Any] = {}
    theirs: dict[str, str] = {}
    for name, distributions in seen.items():
        section = top.section(f"distributions.{name}")
        ours = parameter_name(section, name, space)
        theirs[ours] = name
        if len(distributions) < len(with_parameters):
            message = (
                f"is in {len(distributions)} of {len(with_parameters)} trials: a space that depends on "
                "earlier choices has to be written by hand, with objects among the values of a choice"
            )
            section.reject("", name, message)
        space[ours] = _expression(section, distributions)
    if not space:
        top.reject(
            "trials", len(trials), "no trial has parameters, and so there is no search space"
        )
    return space, theirs


def _expression(section: Section, distributions: Sequence[Any]) -> dict[str, Any]:
    last = distributions[-1]
    if any(one != last for one in distributions):
        message = "differs between trials; the distribution of the last trial is taken"
        section.note("", str(last), message)
    kind = type(last).__name__
    if kind == "CategoricalDistribution":
        for value in last.choices:
            if not isinstance(value, Scalar):
                section.reject("choices", value, "must be a number, a text or a boolean")
        return {"type": "choice", "values": list(last.choices)}
    if kind not in ("FloatDistribution", "IntDistribution"):
        section.reject("", kind, "is unknown; known: float, int and categorical distributions")
        return {}
    low, high = Decimal(repr(last.low)), Decimal(repr(last.high))
    step = None if last.step is None else Decimal(repr(last.step))
    if last.log:
        half = Decimal("0.5") if kind == "IntDistribution" else Decimal(0)
        bounds = {"low": plain(low - half), "high": plain(high + half)}
        return quantized({"type": "loguniform", **bounds}, Decimal(1) if half else None)
    if step is None:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    try:
        return stepped_uniform(low, high, step)
    except ValueError as error:
        section.reject("step", str(step), str(error))
        return {}
