"""Checks the result of a conversion as the operator does, with the paths of the source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ...api.parsing.problem import InvalidSpec, Problem
from ...api.spec_parser import parse_sweepjob
from ...api.validation.spec_warnings import spec_warnings
from .conversion import Conversion, ConversionError


def check_result(conversion: Conversion, key_path: Callable[[str], str] = str) -> Conversion:
    """Check the SweepJob of a conversion, add its warnings, and return the conversion.

    Args:
        conversion: has the SweepJob.
        key_path: turns the keys of a path in the SweepJob into those of the source.

    Raises:
        ConversionError: the source or the SweepJob has problems; the error has all of them.
    """
    try:
        spec = parse_sweepjob(conversion.manifest)
        conversion.warnings += [
            Problem(
                _path(found.path, conversion.source_paths, key_path), found.value, found.message
            )
            for found in spec_warnings(conversion.manifest, spec)
        ]
    except InvalidSpec as error:
        known = {problem.path for problem in conversion.problems}
        for problem in error.problems:
            path = _path(problem.path, conversion.source_paths, key_path)
            # A rejected value leaves a gap, which needs no second message.
            is_gap = any(path.startswith(k) or k.startswith(path) for k in known)
            if not is_gap and not _refers_to(problem.value, known):
                conversion.problems.append(Problem(path, problem.value, problem.message))
    for problems in (conversion.notes, conversion.problems, conversion.warnings):
        problems[:] = [
            Problem(conversion.old_path(found.path), found.value, found.message)
            for found in problems
        ]
    conversion.notes[:0] = conversion.key_notes
    if conversion.problems:
        raise ConversionError(conversion.problems)
    return conversion


def _refers_to(value: object, rejected: Collection[str]) -> bool:
    """Return whether a value is a reference to a part of the source that is rejected as a whole."""
    group = str(value).removeprefix("${{").partition(".")[0]
    return str(value).startswith("${{") and any(
        path.rpartition(".")[2] == group for path in rejected
    )


def _path(path: str, source_paths: Mapping[str, str], key_path: Callable[[str], str]) -> str:
    """Return the path in the source of a path in the SweepJob."""
    for target in sorted(source_paths, key=len, reverse=True):
        if path == target or path.startswith((f"{target}.", f"{target}[")):
            return f"{source_paths[target]}{key_path(path[len(target) :])}"
    return key_path(path.removeprefix("spec."))
