"""Warnings about values that are meant as several arguments, or as none.

A value is one argument, whatever it contains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from ...search.space import Choice, Scalar
from ...search.space.expressions import Expression
from ...template.references import Reference, split_references
from ..parsing.problem import Problem

_NUMBERS = re.compile(r"-?[\d.]+(?:[eE][-+]?\d+)?(?:[ \t]+-?[\d.]+(?:[eE][-+]?\d+)?)+")
_OPTION = re.compile(r"--?[A-Za-z]")
_OPTION_BEFORE = re.compile(r"(?:^|\s)--?[A-Za-z][\w.-]*\s+$")


def argument_words(
    path: str, command: str | Sequence[str], entries: Mapping[str, Scalar | Expression]
) -> Iterator[Problem]:
    """Yield a warning for each parameter that is a word of its own, and whose values are not.

    Args:
        path: of the command in the SweepJob.
        command: a text, or an argument vector.
        entries: the search space by name.
    """
    for name, is_flag in dict(_lone_references(command)).items():
        group, _, parameter = name.partition(".")
        entry = entries.get(parameter) if group == "search_space" else None
        if not isinstance(entry, Choice):
            continue
        value, effect = _unsuited([v for v in entry.values if isinstance(v, str)], is_flag)
        if effect:
            remedy = f"write $AZUREML_SWEEP_{parameter}, without quotes"
            if not isinstance(command, str):
                remedy = f"write the command as a text, with $AZUREML_SWEEP_{parameter} in it"
            message = (
                f"may be '{value}', which is {effect}; {remedy}, which the shell splits into words"
            )
            yield Problem(path, str(Reference(name)), message)


def _unsuited(values: Sequence[str], is_flag: bool) -> tuple[str, str]:
    """Return a value that is not meant as one argument, and what it is; empty texts without one.

    Args:
        values: the texts of a choice.
        is_flag: no option is before them, so that they may be options themselves.
    """
    has_options = is_flag and any(_OPTION.match(value) for value in values)
    for value in values:
        if has_options and not value:
            return value, "an empty argument and not none"
        if _NUMBERS.fullmatch(value) or (_OPTION.match(value) and len(value.split()) > 1):
            return value, "one argument, with its blanks"
    return "", ""


def _lone_references(command: str | Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the names of references that are whole words, and whether no option is before them."""
    if not isinstance(command, str):
        for previous, word in zip(["", *command], command, strict=False):
            found = split_references(word)
            if len(found) == 1 and isinstance(found[0], Reference):
                yield found[0].name, not _OPTION.match(previous)
        return
    parts = split_references(command)
    for before, part, after in zip_longest(["", *parts], parts, parts[1:], fillvalue=" "):
        begins = isinstance(before, str) and (not before or before[-1].isspace())
        ends = isinstance(after, str) and after[0].isspace()
        if isinstance(part, Reference) and begins and ends:
            yield part.name, not _OPTION_BEFORE.search(str(before)[-200:])
