"""Reads arguments that are given as an object of a class, or as a dict with its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from ..api.parsing.reader import Reader
from .arguments import ArgumentError, snake_case
from .attributes import KnownAttributes
from .examples import EXAMPLES, example_of

Made = TypeVar("Made", bound=KnownAttributes)


def object_of(kind: type[Made], given: Any, path: str) -> Made:
    """Return an object, or the one that a dict describes, with Python's names or a SweepJob's keys.

    Args:
        kind: the class, a dataclass.
        given: the argument.
        path: name of the argument, for the message.

    Raises:
        ArgumentError: it is neither, or the dict is invalid.
    """
    if isinstance(given, kind):
        return given
    if isinstance(given, Mapping):
        return _made(kind, given, path)
    name = kind.__name__
    message = f"must be of the class {name}, or a dict with its arguments{example_of(name)}"
    raise ArgumentError(f"{path}: {given!r}: {message}")


def objects_of(kind: type[Made], given: Any, path: str) -> list[Made]:
    """Return a list of objects, of which each is given as such or as a dict.

    Args:
        kind: the class, a dataclass.
        given: the argument; None for an empty list.
        path: name of the argument, for the message.

    Raises:
        ArgumentError: it is no list, or some of its entries are invalid; the message lists all.
    """
    listed = () if given is None else given
    if isinstance(listed, str | bytes | Mapping) or not isinstance(listed, Iterable):
        example = f"{path}=[{EXAMPLES[kind.__name__]}, ...]"
        raise ArgumentError(f"{path}: {given!r}: must be a list. Example: {example}")
    found, problems = list[Made](), list[str]()
    for position, entry in enumerate(listed):
        try:
            found.append(object_of(kind, entry, f"{path}[{position}]"))
        except ArgumentError as error:
            problems.append(str(error))
    if problems:
        raise ArgumentError("\n".join(problems))
    return found


def _made(kind: type[Made], given: Mapping[Any, Any], path: str) -> Made:
    arguments = {field.name: field.default for field in fields(kind)}  # type: ignore[arg-type] # a dataclass
    spellings = {key: snake_case(str(key)) for key in given}
    # An unknown key keeps its spelling, for the message.
    named = {str(n if n in arguments else key): given[key] for key, n in spellings.items()}
    reader = Reader(named, path)
    reader.known(arguments)
    if len(named) < len(given):
        reader.note("", dict(given), "has an argument in two spellings; remove one")
    if reader.problems:
        raise ArgumentError("; ".join(map(str, reader.problems)) + example_of(kind.__name__))
    required = {name: "" for name, default in arguments.items() if default is MISSING}
    try:
        return kind(**{**required, **named})
    except ArgumentError as error:
        raise ArgumentError(f"{path}: {error}") from None
