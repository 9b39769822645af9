"""Reads and parses sweep files: SweepJobs, and Azure's, which are converted."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api import names
from ..api.parsing.problem import InvalidSpec, Problem
from ..api.spec.sampler_builder import check_plugin_sampler
from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..api.validation.spec_warnings import spec_warnings
from ..render.table import print_message
from .azure import ConversionOptions, UnsupportedFileError, convert
from .azure_map import AzureMap, current_azure_map
from .errors import LoadError
from .formats import AZURE, format_of
from .yaml_text import InvalidYamlError, load_documents


@dataclass(frozen=True, slots=True)
class LoadedSweep:
    """A sweep from a file.

    Attributes:
        spec: the parsed spec.
        manifest: the SweepJob object.
        notes: changes by the conversion of an Azure file.
        warnings: settings that are valid but probably not intended.
        code_folder: the folder with the code that an Azure file names; empty without one.
        is_of_azure: the file is one of Azure's.
    """

    spec: SweepSpec
    manifest: Mapping[str, Any]
    notes: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    code_folder: str = ""
    is_of_azure: bool = False


_MAX_YAML = 16 * 1024 * 1024  # bytes; a SweepJob has 1.5 MiB at most


def read_text(name: str, most: int = -1) -> str:
    """Read a text file.

    Args:
        name: file name; ``-`` for standard input.
        most: maximum number of bytes; any number by default.

    Raises:
        LoadError: it cannot be read, is too large, or is not UTF-8.
    """
    limit = most if most < 0 else most + 1
    try:
        if name == "-":
            data = sys.stdin.buffer.read(limit)
        else:
            with Path(name).open("rb") as file:
                data = file.read(limit)
        if 0 <= most < len(data):
            raise LoadError(f"{name}: has more than {most} bytes")
        is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except OSError as error:
        raise LoadError(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"byte 0x{data[error.start]:02x} in line {line}"
        raise LoadError(f"{name}: is not a text in UTF-8: {where}; save it as UTF-8") from None


def read_documents(name: str) -> list[Any]:
    """Read the YAML documents of a file.

    Args:
        name: file name; ``-`` for standard input.

    Raises:
        LoadError: it cannot be read, is not YAML, or is empty.
    """
    try:
        documents = load_documents(read_text(name, _MAX_YAML))
    except InvalidYamlError as error:
        raise LoadError(f"{name}: {error}") from None
    if not documents:
        raise LoadError(f"{name}: is empty")
    return documents


def azure_options(name: str, azure_map: AzureMap | None = None) -> ConversionOptions:
    """Return options for converting a file of Azure's: its folder, and the map.

    Args:
        name: name of the file; ``-`` for standard input.
        azure_map: the map; by default that of the environment variable or the current folder.
    """
    return ConversionOptions(
        azure_map=current_azure_map() if azure_map is None else azure_map,
        folder="." if name == "-" else str(Path(name).parent),
        read_yaml=None if name == "-" else read_component_file,
    )


def read_component_file(name: str) -> Any:
    """Read the only document of a file that another file refers to.

    Raises:
        ValueError: it cannot be read; the message has the cause.
    """
    if Path(name).exists() and not Path(name).is_file():  # a pipe would never end
        raise ValueError(f"{name}: is no file")
    try:
        documents = read_documents(name)
    except LoadError as error:
        raise ValueError(str(error)) from None
    if len(documents) > 1:
        raise ValueError(f"{name}: has {len(documents)} documents; a component has one")
    return documents[0]


def parse_document(
    document: Any, name: str, options: ConversionOptions | None = None
) -> LoadedSweep:
    """Parse a SweepJob, or convert and parse a sweep of Azure's.

    Args:
        document: the contents of a YAML document.
        name: name of its file.
        options: for a file of Azure's; by default its folder and the current map.

    Raises:
        LoadError: it is not a sweep.
        InvalidSpec: it has errors, all of which are listed.
    """
    if is_sweepjob(document):
        spec = _checked(document)
        return LoadedSweep(spec, document, warnings=tuple(spec_warnings(document, spec)))
    options = azure_options(name) if options is None else options
    if (kind := format_of(document)) != AZURE:
        raise LoadError(f"{name}: is of {kind}; convert it to a SweepJob: sweepjob convert {name}")
    try:
        conversion = convert(document, options, name_from_file(name))
    except UnsupportedFileError as error:
        raise LoadError(f"{name}: {error}") from None
    spec = parse_sweepjob(conversion.manifest)
    notes, warnings = tuple(conversion.notes), tuple(conversion.warnings)
    return LoadedSweep(spec, conversion.manifest, notes, warnings, conversion.code, True)


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


def read_sweep(name: str, options: ConversionOptions | None = None) -> LoadedSweep:
    """Read the only sweep of a file, and print its warnings. Other Kubernetes objects are ignored.

    Args:
        name: file name; ``-`` for standard input.
        options: for a file of Azure's; by default its folder and the current map.

    Raises:
        LoadError: the file cannot be read, or does not have exactly one sweep.
        InvalidSpec: the sweep has errors, all of which are listed.
    """
    documents = read_documents(name)
    sweeps = [document for document in documents if is_sweepjob(document)]
    if len(sweeps) > 1:
        raise LoadError(f"{name}: has {len(sweeps)} SweepJobs; this takes one at a time")
    found = parse_document(sweeps[0] if sweeps else documents[0], name, options)
    for warning in found.warnings:
        print_message(f"warning: {warning}")
    return found


def name_from_file(name: str) -> str:
    """Return the default name of a sweep: that of its file without extensions."""
    return "sweep" if name == "-" else Path(name).name.split(".")[0] or "sweep"
