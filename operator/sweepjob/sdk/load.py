"""Sweep files, SweepJobs and Azure's alike, to objects."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..api.problem import InvalidSpec
from ..loading.azure import ConversionInputs, NotASweep, convert
from ..loading.errors import Unusable
from ..loading.sweep_files import is_sweepjob, read_documents, stem
from .arguments import ArgumentError
from .job import SweepJob


def load_job(source: str | Path | Mapping[str, Any], **supplies: Any) -> SweepJob:
    """The sweep of a file: a SweepJob, or an Azure sweep file (v2's YAML, or v1's for HyperDrive).

    What of an Azure file could not be carried over as it is comes as a warning, a line each.

    Args:
        source: the file, or what it holds.
        supplies: what an Azure file refers to and does not contain: ``image``, ``command``, ``name``,
            ``namespace``, ``queue``, ``gpus``, ``inputs``, ``outputs`` (paths by name), ``claim``.

    Raises:
        ArgumentError: it cannot be read, is no sweep, or has mistakes.
    """
    data, name = (source, "sweep") if isinstance(source, Mapping) else _read(str(source))
    if is_sweepjob(data):
        return SweepJob.from_manifest(copy.deepcopy(dict(data)))
    try:
        conversion = convert(data, ConversionInputs(**supplies), name)
    except NotASweep as error:
        raise ArgumentError(f"{source}: {error}") from None
    except InvalidSpec as error:
        raise ArgumentError("; ".join(map(str, error.problems))) from None
    for note in conversion.notes:
        warnings.warn(str(note), stacklevel=2)
    return SweepJob.from_manifest(conversion.manifest)


def _read(name: str) -> tuple[Any, str]:
    try:
        documents = read_documents(name)
    except Unusable as error:
        raise ArgumentError(str(error)) from None
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    if len(sweeps) > 1:
        raise ArgumentError(f"{name}: has {len(sweeps)} sweeps; this takes one at a time")
    return sweeps[0], stem(name)
