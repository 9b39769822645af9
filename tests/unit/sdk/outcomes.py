"""What a program of Azure's comes to: the SweepJob, the notes, or the refusal. For tests of arguments."""

from __future__ import annotations

import inspect
import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """What came of a program.

    Attributes:
        made: the SweepJob as JSON.
        said: the warnings.
        refused: the error; empty without one.
    """

    made: str
    said: frozenset[str]
    refused: str


def outcome(program: Callable[[], Any]) -> Outcome:
    """Return what comes of a program that returns a SweepJob object."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made, refused = program(), ""
        except (ValueError, TypeError, AttributeError, RuntimeError) as error:
            made, refused = None, str(error)
    said = frozenset(str(warning.message) for warning in caught)
    return Outcome(json.dumps(made, sort_keys=True, default=str), said, refused)


_unchanged: dict[str, Outcome] = {}


def unchanged(owner: str, program: Callable[[], Any]) -> Outcome:
    """Return the outcome without a change, which is the same for all changes of an owner."""
    if owner not in _unchanged:
        _unchanged[owner] = outcome(program)
    return _unchanged[owner]


def names_of(function: Callable[..., Any]) -> list[str]:
    """Return the arguments of a function that have names, without those that are private."""
    skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in skipped and name != "self" and not name.startswith("_")
    ]


def is_without_a_word(
    before: Outcome, after: Outcome, name: str, refusals: Iterable[str] = ()
) -> bool:
    """Return whether a change of a program changes nothing, and nothing is said about it.

    Args:
        before: what comes of the program.
        after: what comes of the changed program.
        name: the argument that is changed.
        refusals: texts of errors that refuse an argument without its name.

    Raises:
        AssertionError: the program crashes: its error names neither the argument nor is it listed.
    """
    assert not before.refused, before.refused
    if after.refused:
        is_listed = any(text in after.refused for text in refusals)
        assert is_listed or re.search(rf"\b{_words(name)}\b", _words(after.refused)), (
            f"{name}: a refusal has to name the argument: {after.refused}"
        )
        return False
    return before.made == after.made and after.said <= before.said


def _words(text: str) -> str:
    """Return a text with all names in one form: Azure's, those of manifests, and words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text).lower()


def cases(
    table: Mapping[str, tuple[Callable[..., Any], Mapping[str, Any]]], same: Iterable[str]
) -> list[tuple[str, str, Any]]:
    """Return each owner with each of its arguments and a value for it.

    Args:
        table: functions by owner, each with values by argument.
        same: arguments that may change nothing, as ``OWNER.ARGUMENT`` or ``ARGUMENT``.
    """
    found = []
    for owner, (function, values) in table.items():
        for name in names_of(function):
            if name not in same and f"{owner}.{name}" not in same:
                assert name in values, f"{owner}: {name}: give the test a value"
                found.append((owner, name, values[name]))
    return found
