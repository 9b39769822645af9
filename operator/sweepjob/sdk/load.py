"""Loads sweep files: SweepJobs, and sweep files of Azure Machine Learning."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..api.parsing.problem import InvalidSpec
from ..loading.azure import ConversionOptions, UnsupportedFileError, convert
from ..loading.errors import CommandError
from ..loading.sweep_files import is_sweepjob, name_from_file, read_documents
from .arguments import ArgumentError
from .job import SweepJob


def load_job(source: str | Path | Mapping[str, Any], **options: Any) -> SweepJob:
    """Load a sweep from a SweepJob, or from an Azure sweep file (v2's YAML, or v1's for HyperDrive).

    Each setting of an Azure file that could not be converted unchanged becomes a warning.

    Args:
        source: A file name, or the contents of a file as a dict.
        options: What an Azure file refers to but does not contain: ``image``, ``command``, ``name``,
            ``namespace``, ``queue``, ``gpus``, ``inputs`` and ``outputs`` (paths by name), ``claim``.

    Returns:
        The sweep. It has not been submitted.

    Raises:
        ArgumentError: The file cannot be read, has no sweep, or has errors.
    """
    data, name = (source, "sweep") if isinstance(source, Mapping) else _read(str(source))
    if is_sweepjob(data):
        return SweepJob.from_manifest(copy.deepcopy(dict(data)))
    try:
        conversion = convert(data, ConversionOptions(**options), name)
    except UnsupportedFileError as error:
        raise ArgumentError(f"{source}: {error}") from None
    except InvalidSpec as error:
        raise ArgumentError("; ".join(map(str, error.problems))) from None
    for note in conversion.notes:
        warnings.warn(str(note), stacklevel=2)
    return SweepJob.from_manifest(conversion.manifest)


def _read(name: str) -> tuple[Any, str]:
    try:
        documents = read_documents(name)
    except CommandError as error:
        raise ArgumentError(str(error)) from None
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    if len(sweeps) > 1:
        raise ArgumentError(f"{name}: has {len(sweeps)} sweeps; this takes one at a time")
    return sweeps[0], name_from_file(name)
