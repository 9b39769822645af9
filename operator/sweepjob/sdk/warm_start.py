"""The argument ``warm_start``: sweeps, and results in files, tables, studies and ConfigMaps."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..loading.errors import LoadError
from .arguments import ArgumentError

if TYPE_CHECKING:
    from ..loading.results.file import ResultsFile


def listed_entries(given: Any) -> list[Any]:
    """Return the entries of the argument, of which one may be given without a list.

    A table is a sequence of its columns, and a text one of letters: neither is meant.

    Args:
        given: the argument.
    """
    if given is None:
        return []
    is_one = isinstance(given, str | bytes) or _kind(given) != "sweep" or hasattr(given, "name")
    return [given] if is_one else list(given)


def build_warm_start(given: Sequence[Any], defaults: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``spec.warmStart``; None without a warm start.

    Args:
        given: the entries of the argument.
        defaults: values of parameters that the earlier trials lack.

    Raises:
        ArgumentError: a file cannot be read.
    """
    for entry in given:
        _check(entry)
    results = [entry if isinstance(entry, Mapping) else None for entry in given]
    sweeps = [sweep_name(entry) for entry in given if _is_sweep(entry)]
    files = [file.to_spec() for file in results_files(given)]
    listed = [dict(entry) for entry in results if entry is not None] + files
    if not sweeps and not listed:
        if defaults:
            raise ArgumentError("warm_start_defaults: is for warm_start; give earlier trials there")
        return None
    parts = {"sweeps": sweeps, "results": listed, "defaults": dict(defaults)}
    return {key: value for key, value in parts.items() if value}


def results_files(given: Sequence[Any]) -> list[ResultsFile]:
    """Return the results among the entries of the argument that have to be uploaded.

    Args:
        given: the entries of the argument.

    Raises:
        ArgumentError: a file cannot be read.
    """
    try:
        return [_file(entry) for entry in given if _kind(entry) in ("file", "table", "study")]
    except LoadError as error:
        raise ArgumentError(f"warm_start: {error}") from None


def warm_start_arguments(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in the ``spec`` of a SweepJob object.

    Args:
        spec: the spec.
    """
    section = spec.get("warmStart") or {}
    entries = [*section.get("sweeps", ()), *section.get("results", ())]
    return {"warm_start": entries, "warm_start_defaults": section.get("defaults") or {}}


def sweep_name(sweep: Any) -> str:
    """Return the name of a sweep, which may be given by its name."""
    return str(getattr(sweep, "name", sweep))


def _check(entry: Any) -> None:
    """Refuse what is neither a sweep nor results.

    Raises:
        ArgumentError: it is something else.
    """
    if _is_sweep(entry) and not isinstance(getattr(entry, "name", entry), str):
        raise ArgumentError(
            f"warm_start: {entry!r:.100}: is no sweep, and has no results; give sweeps, files, tables of "
            "pandas, or studies of Optuna"
        )


def _is_sweep(entry: Any) -> bool:
    return _kind(entry) == "sweep"


def _kind(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return "reference"
    if isinstance(entry, os.PathLike):
        return "file"
    if isinstance(entry, str):  # names of sweeps have neither dots nor slashes
        return "file" if "." in entry or "/" in entry or os.sep in entry else "sweep"
    if hasattr(entry, "to_csv"):
        return "table"
    return "study" if hasattr(entry, "directions") and hasattr(entry, "trials") else "sweep"


def _file(entry: Any) -> ResultsFile:
    from ..loading.results.file import read_results_file, results_of_study, results_of_text

    kind = _kind(entry)
    if kind == "table":
        return results_of_text("the table", entry.to_csv(index=False))
    if kind == "study":
        return results_of_study("the study", entry)
    return read_results_file(str(Path(entry).expanduser()))
