"""Converts a sweep file of Azure's and checks the result as the operator does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...api.parsing.problem import Problem
from .conversion import Conversion, ConversionError, ConversionOptions
from .hyperdrive import convert_hyperdrive
from .metadata import step_names
from .old_keys import (
    is_preview,
    step_with_current_keys,
    with_current_keys,
)
from .options_check import reject_unused_options
from .pipeline import convert_step
from .pipeline_steps import MAX_STEPS, SweepStep, UnreadStep, meant_type, sweep_steps
from .request import SCHEDULED, file_of_request, job_type, request_bodies
from .result_check import check_result
from .sweep import convert_sweep
from .sweep_component import is_sweep_component, sweep_of_component

# Azure's keys by the SweepJob's, for the paths of problems.
AZURE_KEYS = {
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
    "instanceCount": "instance_count",
    "processCountPerInstance": "process_count_per_instance",
    "workerCount": "worker_count",
    "parameterServerCount": "parameter_server_count",
}

_REQUEST = (
    "is a request to Azure's service, or its answer, with jobType: {}; of such requests only those with "
    "jobType: Sweep are read. az ml job show --name NAME --output yaml writes the job as a file"
)
_TRIGGER = "not carried over: a CronJob that creates the SweepJob runs it at given times"
_NAMES = ("name", "display_name", "description", "tags")


class UnsupportedFileError(ValueError):
    """The file is not a sweep."""


def convert(
    data: Any, options: ConversionOptions, stem: str = "sweep", step: str | None = None
) -> Conversion:
    """Convert an Azure sweep file to a SweepJob.

    Args:
        data: the contents of the YAML document.
        options: what the file refers to but does not contain.
        stem: the SweepJob's name if the file has none.
        step: name of the sweep step of a pipeline with several.

    Raises:
        UnsupportedFileError: it is not a sweep file, or a pipeline without the step.
        ConversionError: it cannot be converted; the error has every reason.
    """
    if not isinstance(data, Mapping):
        raise UnsupportedFileError("holds no object with keys and values")
    kind = str(data.get("type", "")).lower()
    conversion = Conversion(options)
    if requests := list(request_bodies(data)):
        _convert_request(conversion, data, requests, stem)
        return _checked(conversion)
    if "create_job" in data:
        _convert_schedule(conversion, data, stem)
        return _checked(conversion)
    _refuse_request(data)
    if is_pipeline(data):
        return _only_step(convert_pipeline(data, options, stem, step))
    is_sweep = kind == "sweep" or (not kind and {"search_space", "trial"} <= data.keys())
    if is_sweep_component(data):
        names = {key: data[key] for key in _NAMES if data.get(key) is not None}
        whole = step_with_current_keys(names | sweep_of_component(data, {}), conversion)
        convert_sweep(conversion, whole, stem, declared=data.get("inputs") or {})
        reject_unused_options([conversion])
    elif is_sweep or is_preview(data):
        convert_sweep(conversion, with_current_keys(data, conversion), stem)
        reject_unused_options([conversion])
    elif not kind and ("primary_metric_name" in data or "parameter_space" in _sampling(data)):
        convert_hyperdrive(conversion, data, stem)
    else:
        raise UnsupportedFileError(_describe_kind(data, kind))
    return _checked(conversion)


@dataclass(frozen=True, slots=True)
class ConvertedStep:
    """A sweep step of a pipeline.

    Attributes:
        name: name of the step.
        conversion: its conversion; None if it is refused.
        error: why it is refused; None otherwise.
    """

    name: str
    conversion: Conversion | None
    error: ConversionError | None = None


def convert_pipeline(
    data: Mapping[str, Any], options: ConversionOptions, stem: str, step: str | None = None
) -> list[ConvertedStep]:
    """Convert the sweep steps of a pipeline, each to a SweepJob of its own.

    Args:
        data: the pipeline.
        options: what the file refers to but does not contain.
        stem: the SweepJob's name if the file has none.
        step: name of the only step to convert; all sweep steps by default.

    Raises:
        UnsupportedFileError: the pipeline has no sweep step, or none of that name.
    """
    _refuse_request(data)
    found = list(sweep_steps(data, Conversion(options)))
    sweeps = [one for one in found if isinstance(one, SweepStep) or one.is_pipeline]
    other = [one for one in found if isinstance(one, UnreadStep) and not one.is_pipeline]
    if not sweeps and not other:
        raise UnsupportedFileError(_without_sweeps(data.get("jobs")))
    # A file that cannot be read may be of any step; it matters where no other step is a sweep.
    chosen = [one for one in sweeps or other if step in (None, one.name)]
    chosen += [one for one in other if sweeps and one.name == step]
    if not chosen:
        names = ", ".join(one.name for one in found)
        raise UnsupportedFileError(f"has no sweep step {step}; there are: {names}")
    if len(found) == MAX_STEPS:
        raise UnsupportedFileError(f"has {MAX_STEPS} sweep steps or more; divide it")
    made = _converted_steps(data, options, stem, found, chosen)
    for conversion in made.values():
        conversion.notes += [_unread(problem) for one in other for problem in one.problems]
    return [_checked_step(one, made.get(one.name)) for one in chosen]


def _converted_steps(
    data: Mapping[str, Any],
    options: ConversionOptions,
    stem: str,
    found: Sequence[SweepStep | UnreadStep],
    chosen: Sequence[SweepStep | UnreadStep],
) -> dict[str, Conversion]:
    """Return the conversions of the chosen steps by name, which are not checked yet."""
    texts = (data.get(key) for key in ("name", "display_name", "experiment_name"))
    base = next((str(text) for text in texts if text), stem)
    # A name does not depend on the steps that are chosen.
    names = step_names(base, [one.name for one in found])
    converted = [one.name for one in chosen]
    made: dict[str, Conversion] = {}
    for one in chosen:
        if isinstance(one, SweepStep):
            conversion = made[one.name] = Conversion(replace(options, folder=one.folder))
            convert_step(conversion, data, one, names[one.name], converted)
    reject_unused_options(list(made.values()))
    return made


def _checked_step(step: SweepStep | UnreadStep, conversion: Conversion | None) -> ConvertedStep:
    if isinstance(step, UnreadStep) or conversion is None:
        problems = step.problems
        return ConvertedStep(step.name, None, ConversionError(list(problems)))
    try:
        return ConvertedStep(step.name, _checked(conversion))
    except ConversionError as error:
        return ConvertedStep(step.name, None, error)


def _without_sweeps(jobs: Any) -> str:
    """Return why a pipeline has nothing to convert."""
    if jobs is not None and not isinstance(jobs, Mapping):
        return "is a pipeline whose jobs are no object with steps by name"
    steps = (jobs or {}).items()
    kinds = {name: job.get("type") for name, job in steps if isinstance(job, Mapping)}
    automl = [str(name) for name, kind in kinds.items() if str(kind).lower() == "automl"]
    text = "is a pipeline without a sweep step (type: sweep)"
    if automl:
        text += f"; AutoML steps ({', '.join(automl)}) train models of Azure's own"
    return text


def _unread(problem: Problem) -> Problem:
    message = f"{problem.message}; if it is a pipeline, its sweep steps are not converted"
    return Problem(problem.path, problem.value, message)


def _only_step(steps: list[ConvertedStep]) -> Conversion:
    if len(steps) > 1:
        names = ", ".join(step.name for step in steps)
        first = steps[0].name
        raise UnsupportedFileError(
            f"is a pipeline with the sweep steps {names}; choose one of them: sweepjob convert --step "
            f"{first}, or load_job(..., step={first!r})"
        )
    (step,) = steps
    if step.conversion is None:
        raise step.error or ConversionError([])
    return step.conversion


def _checked(conversion: Conversion) -> Conversion:
    return check_result(conversion, _azure_path)


def is_pipeline(data: Any) -> bool:
    """Return whether a document is a pipeline of Azure's, or a pipeline component."""
    if not isinstance(data, Mapping):
        return False
    kind = str(data.get("type") or "").lower()
    return kind == "pipeline" or (not kind and isinstance(data.get("jobs"), Mapping))


def _convert_request(
    conversion: Conversion,
    data: Mapping[str, Any],
    requests: Sequence[tuple[str, Mapping[str, Any]]],
    stem: str,
) -> None:
    """Convert a request to Azure's service, or its answer.

    Raises:
        UnsupportedFileError: it is not of a sweep, or of several jobs.
    """
    if len(requests) > 1:
        names = ", ".join(str(body.get("name")) for _, body in requests)
        raise UnsupportedFileError(
            f"has {len(requests)} jobs ({names}); save one of them as a file"
        )
    path, body = requests[0]
    if path == SCHEDULED:
        trigger = data["properties"].get("trigger")
        conversion.key_notes.append(Problem("properties.trigger", trigger, _TRIGGER))
    kind = job_type(body if path == "" else body["properties"])
    if str(kind).lower() != "sweep":
        raise UnsupportedFileError(_REQUEST.format(kind))
    file = file_of_request(conversion, body, path)
    convert_sweep(conversion, with_current_keys(file, conversion), stem)
    reject_unused_options([conversion])


def _convert_schedule(conversion: Conversion, data: Mapping[str, Any], stem: str) -> None:
    """Convert the sweep that a schedule creates.

    Raises:
        UnsupportedFileError: it creates no sweep, or one that is not in the file.
    """
    job = data["create_job"]
    if not isinstance(job, Mapping) or "search_space" not in job:
        given = job if isinstance(job, str) else "create_job"
        raise UnsupportedFileError(
            f"is a schedule, whose sweep is not in the file ({given}): convert the file of the job; a "
            "CronJob that creates the SweepJob runs it at given times"
        )
    for key in data:
        if key not in ("create_job", *_NAMES, "$schema"):
            conversion.key_notes.append(Problem(key, data[key], _TRIGGER))
    conversion.old_paths |= {key: f"create_job.{key}" for key in job}
    named = {"name": data["name"]} if isinstance(data.get("name"), str) else {}
    convert_sweep(conversion, with_current_keys(named | dict(job), conversion), stem)
    reject_unused_options([conversion])


def _refuse_request(data: Mapping[str, Any]) -> None:
    """Refuse a pipeline of a request to Azure's service, or with a step that is one.

    Raises:
        UnsupportedFileError: it is one.
    """
    jobs = data.get("jobs")
    steps = jobs.values() if isinstance(jobs, dict) else ()
    for found in (data, data.get("properties"), *steps):
        if isinstance(found, Mapping) and isinstance(kind := found.get("jobType"), str):
            raise UnsupportedFileError(_REQUEST.format(kind))


def _sampling(data: Mapping[str, Any]) -> Mapping[str, Any]:
    sampling = data.get("sampling")
    return sampling if isinstance(sampling, Mapping) else {}


def _describe_kind(data: Mapping[str, Any], kind: str) -> str:
    if data.get("kind") == "SweepJob":
        return "is a SweepJob already"
    if data.get("kind") == "Experiment":
        return "is an Experiment of Katib's: sweepjob convert makes a SweepJob of it"
    if "method" in data and "parameters" in data:
        return "is a sweep of Weights & Biases: sweepjob convert makes a SweepJob of it"
    if kind == "automl":
        return "is an AutoML job, which trains models of Azure's own; only type: sweep can be converted"
    if meant := meant_type(data, kind) if kind else "":
        return f"has type: {kind}; did you mean {meant}?"
    if kind:
        return f"has type: {kind}; only type: sweep can be converted"
    return "is no sweep: it has neither type: sweep nor v1's sampling.parameter_space"


def _azure_path(path: str) -> str:
    return ".".join(AZURE_KEYS.get(part, part) for part in path.split("."))
