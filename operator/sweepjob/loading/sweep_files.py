"""Sweep files of either kind, read and understood."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import names
from ..api.problem import InvalidSpec, Problem
from ..api.spec_warnings import spec_warnings
from ..api.sweepjob import SweepSpec, parse_sweepjob
from ..render.table import tell
from .azure import ConversionInputs, NotASweep, convert
from .errors import Unusable
from .yaml_text import BadYaml, load_documents


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that was found in a file.

    Attributes:
        spec: what it says.
        manifest: the SweepJob.
        notes: what is to be known of its conversion, where it was converted.
        warnings: what is allowed and probably not meant.
    """

    spec: SweepSpec
    manifest: Mapping[str, Any]
    notes: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_text(name: str) -> str:
    """The text of a file; ``-`` is standard input.

    Raises:
        Unusable: it cannot be read, or is no text.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise Unusable(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Unusable(f"{name}: is not a text in UTF-8") from None


def read_documents(name: str) -> list[Any]:
    """The YAML documents of a file.

    Raises:
        Unusable: it cannot be read, is not YAML, or is empty.
    """
    try:
        documents = load_documents(read_text(name))
    except BadYaml as error:
        raise Unusable(f"{name}: {error}") from None
    if not documents:
        raise Unusable(f"{name}: is empty")
    return documents


def understand(document: Any, name: str) -> Sweep:
    """The sweep in a document: a SweepJob, or an Azure file, which is converted on the way.

    Raises:
        Unusable: it holds something else.
        InvalidSpec: with every mistake.
    """
    if is_sweepjob(document):
        spec = _checked(document)
        return Sweep(spec, document, warnings=tuple(spec_warnings(document, spec)))
    try:
        conversion = convert(document, ConversionInputs(), stem(name))
    except NotASweep as error:
        raise Unusable(f"{name}: {error}") from None
    spec = parse_sweepjob(conversion.manifest)
    notes, warnings = tuple(conversion.notes), tuple(conversion.warnings)
    return Sweep(spec, conversion.manifest, notes, warnings)


def is_sweepjob(document: Any) -> bool:
    """Whether it calls itself one."""
    return isinstance(document, Mapping) and document.get("kind") == names.SWEEPJOB


def _checked(document: Mapping[str, Any]) -> SweepSpec:
    version = document.get("apiVersion")
    problems = []
    if version != names.API_VERSION:
        problems.append(Problem("apiVersion", version, f"must be {names.API_VERSION}"))
    try:
        spec = parse_sweepjob(document)
    except InvalidSpec as error:
        raise InvalidSpec([*problems, *error.problems]) from None
    if problems:
        raise InvalidSpec(problems)
    return spec


def read_sweep(name: str) -> Sweep:
    """The one sweep of a file; other Kubernetes objects beside it are passed over. Its warnings are told.

    Raises:
        Unusable, InvalidSpec: as above; and when there is more than one.
    """
    documents = read_documents(name)
    sweeps = [document for document in documents if is_sweepjob(document)]
    if len(sweeps) > 1:
        raise Unusable(f"{name}: has {len(sweeps)} SweepJobs; this takes one at a time")
    found = understand(sweeps[0] if sweeps else documents[0], name)
    for warning in found.warnings:
        tell(f"warning: {warning}")
    return found


def stem(name: str) -> str:
    """A name for a sweep after its file."""
    return "sweep" if name == "-" else Path(name).name.split(".")[0] or "sweep"
