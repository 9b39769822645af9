"""Loads sweep files: SweepJobs, and sweep files of Azure Machine Learning."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ..api.parsing.problem import InvalidSpec
from ..loading.azure import Conversion, ConversionOptions, UnsupportedFileError, convert
from ..loading.azure_map import AzureMap
from ..loading.errors import LoadError
from ..loading.sweep_files import azure_options, is_sweepjob, name_from_file, read_documents
from ..training.unused_arguments import level_of_the_program
from .arguments import ArgumentError
from .data import Input, Output
from .job import SweepJob
from .overrides import overridden


def load_job(source: str | Path | Mapping[str, Any] | None = None, **options: Any) -> SweepJob:
    """Load a sweep from a SweepJob, or from an Azure sweep file (v2's YAML, or v1's for HyperDrive).

    Each setting of an Azure file that could not be converted unchanged becomes a warning. What the Azure
    map is for, such as environment, compute and data, is resolved when the sweep is submitted.

    Args:
        source: A file name, or the contents of a file as a dict.
        options: What an Azure file refers to but does not contain: ``image``, ``command``, ``name``,
            ``namespace``, ``queue``, ``gpus``, ``inputs`` and ``outputs`` (paths by name), ``claim``; and
            ``step``, the sweep step of a pipeline with several. Of Azure's client: ``relative_origin``,
            the folder to which paths are relative, and ``params_override``, a list of dicts with changes
            of the file by dotted keys.

    Returns:
        The sweep. It has not been submitted.

    Raises:
        ArgumentError: The file cannot be read, has no sweep, or has errors.
    """
    # Its name before Azure's client was released.
    source = options.pop("path", None) if source is None else source
    if source is None:
        raise ArgumentError("load_job: source: is required: the file of a sweep")
    is_data = isinstance(source, Mapping)
    data: Any = source
    name = "sweep"
    if not is_data:
        data, name = _read(str(source))
    if changes := options.pop("params_override", None):
        data = overridden(data, changes)
    origin = options.pop("relative_origin", None)
    if is_sweepjob(data):
        _refuse_for_sweepjob(options)
        return SweepJob.from_manifest(copy.deepcopy(dict(data)))
    step = options.pop("step", None)
    base = azure_options("-" if is_data else str(source), AzureMap())
    found = replace(base, is_lazy=True, **_known(options, origin))
    conversion = _converted(source, data, found, name, step)
    job = _with_names(SweepJob.from_manifest(conversion.manifest), conversion)
    job.proposed_name = None if conversion.is_named else job.name
    for note in conversion.notes:
        # The code goes along with the sweep.
        if job.trial.code is None or note.path.rpartition(".")[2] != "code":
            warnings.warn(str(note), stacklevel=level_of_the_program())
    return job


def _refuse_for_sweepjob(options: Mapping[str, Any]) -> None:
    """Raise ArgumentError for options, which only a file of Azure's has."""
    for option, value in options.items():
        raise ArgumentError(
            f"load_job: {option}={value!r}: is for files of Azure's, and this is a SweepJob: set it on "
            "the job that load_job returns"
        )


def _known(options: Mapping[str, Any], origin: Any) -> dict[str, Any]:
    """Return the options of a conversion.

    Raises:
        ArgumentError: one of them is no argument.
    """
    known = [field.name for field in fields(ConversionOptions)]
    for option in options:
        if option not in known:
            raise ArgumentError(f"load_job: {option}: no such argument")
    return {**options, **({} if origin is None else {"folder": str(origin)})}


def _converted(
    source: Any, data: Any, options: ConversionOptions, name: str, step: str | None
) -> Conversion:
    try:
        return convert(data, options, name, step)
    except UnsupportedFileError as error:
        raise ArgumentError(f"{source}: {error}") from None
    except InvalidSpec as error:
        raise ArgumentError("; ".join(map(str, error.problems))) from None


def _with_names(job: SweepJob, conversion: Conversion) -> SweepJob:
    """Return a sweep with Azure's names in place of what they stand for in the conversion."""
    azure, trial = conversion.azure, job.trial
    trial.folder = conversion.options.folder
    trial.code = conversion.code or None
    directory = trial.code_directory
    if directory is None or not directory.is_dir():
        trial.code = None  # the note about it stays
    if "environment" in azure:
        trial.image, trial.environment = None, azure["environment"]
    trial.instance_type = azure.get("instance_type")
    job.compute = azure.get("compute")
    if conversion.pod.shm_size is not None or "template" in trial.trial:
        _move_out_of_template(trial, conversion)
    for name, value in azure.get("inputs", {}).items():
        job.inputs[name] = Input(**value)
    for name, value in azure.get("outputs", {}).items():
        job.outputs[name] = Output(**value)
    return job


def _move_out_of_template(trial: Any, conversion: Conversion) -> None:
    """Set what only a template can express as settings, since a template can have no other settings."""
    trial.trial.pop("template", None)
    trial.placement = conversion.pod
    trial.command, trial.resources = conversion.parts["command"], dict(conversion.amounts)
    if "environment" not in conversion.azure:
        trial.image = conversion.parts["image"]
    trial.trial["env"] = list(conversion.parts["env"])


def _read(name: str) -> tuple[Any, str]:
    try:
        documents = read_documents(name)
    except LoadError as error:
        raise ArgumentError(str(error)) from None
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    if len(sweeps) > 1:
        raise ArgumentError(f"{name}: has {len(sweeps)} sweeps; this takes one at a time")
    return sweeps[0], name_from_file(name)
