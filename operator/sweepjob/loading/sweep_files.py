"""Reads and parses sweep files: SweepJobs, and Azure's, which are converted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import names
from ..api.parsing.problem import InvalidSpec, Problem
from ..api.spec.sampler_builder import check_plugin_sampler
from ..api.spec.sweep_spec import SweepSpec
from ..api.sweepjob import parse_sweepjob
from ..api.validation.spec_warnings import spec_warnings
from ..render.table import print_message
from .azure import ConversionOptions, UnsupportedFileError, convert
from .errors import CommandError
from .yaml_text import InvalidYamlError, load_documents


@dataclass(frozen=True, slots=True)
class LoadedSweep:
    """A sweep from a file.

    Attributes:
        spec: the parsed spec.
        manifest: the SweepJob object.
        notes: changes by the conversion of an Azure file.
        warnings: settings that are valid but probably not intended.
    """

    spec: SweepSpec
    manifest: Mapping[str, Any]
    notes: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_text(name: str) -> str:
    """Read a text file.

    Args:
        name: file name; ``-`` for standard input.

    Raises:
        CommandError: it cannot be read, or is not UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{name}: is not a text in UTF-8") from None


def read_documents(name: str) -> list[Any]:
    """Read the YAML documents of a file.

    Args:
        name: file name; ``-`` for standard input.

    Raises:
        CommandError: it cannot be read, is not YAML, or is empty.
    """
    try:
        documents = load_documents(read_text(name))
    except InvalidYamlError as error:
        raise CommandError(f"{name}: {error}") from None
    if not documents:
        raise CommandError(f"{name}: is empty")
    return documents


def parse_document(document: Any, name: str) -> LoadedSweep:
    """Parse a SweepJob, or convert and parse a sweep of Azure's.

    Args:
        document: the contents of a YAML document.
        name: name of its file.

    Raises:
        CommandError: it is not a sweep.
        InvalidSpec: it has errors, all of which are listed.
    """
    if is_sweepjob(document):
        spec = _checked(document)
        return LoadedSweep(spec, document, warnings=tuple(spec_warnings(document, spec)))
    try:
        conversion = convert(document, ConversionOptions(), name_from_file(name))
    except UnsupportedFileError as error:
        raise CommandError(f"{name}: {error}") from None
    spec = parse_sweepjob(conversion.manifest)
    notes, warnings = tuple(conversion.notes), tuple(conversion.warnings)
    return LoadedSweep(spec, conversion.manifest, notes, warnings)


def is_sweepjob(document: Any) -> bool:
    """Return whether a document has the kind SweepJob."""
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
    check_plugin_sampler(spec, spec.seed or 0)
    return spec


def read_sweep(name: str) -> LoadedSweep:
    """Read the only sweep of a file, and print its warnings. Other Kubernetes objects are ignored.

    Args:
        name: file name; ``-`` for standard input.

    Raises:
        CommandError: the file cannot be read, or does not have exactly one sweep.
        InvalidSpec: the sweep has errors, all of which are listed.
    """
    documents = read_documents(name)
    sweeps = [document for document in documents if is_sweepjob(document)]
    if len(sweeps) > 1:
        raise CommandError(f"{name}: has {len(sweeps)} SweepJobs; this takes one at a time")
    found = parse_document(sweeps[0] if sweeps else documents[0], name)
    for warning in found.warnings:
        print_message(f"warning: {warning}")
    return found


def name_from_file(name: str) -> str:
    """Return the default name of a sweep: that of its file without extensions."""
    return "sweep" if name == "-" else Path(name).name.split(".")[0] or "sweep"
