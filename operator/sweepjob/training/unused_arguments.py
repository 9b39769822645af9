"""Arguments of Azure's without an effect: a warning for each that is given, an error for unknown ones."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, TypeVar

_PACKAGE = __name__.partition(".")[0] + "."
Function = TypeVar("Function", bound="Callable[..., Any]")


def unused_arguments(
    reasons: Mapping[str, str] | None = None, harmless: str = ""
) -> Callable[[Function], Function]:
    """Decorate a function of Azure's surface that accepts arguments without using them.

    A call that gives one of them is a warning with the reason. An argument that neither the function nor
    the decorator has is a TypeError, as in Azure, also where the function takes any (``**azure``).

    >>> @unused_arguments({"location": "the cluster has its own"}, harmless="show_output")
    ... def create(name, **azure):
    ...     return name
    >>> create("a", show_output=True)
    'a'
    >>> create("a", locatoin="west")
    Traceback (most recent call last):
    TypeError: create: locatoin: no such argument; did you mean location?

    Args:
        reasons: Why an argument is not used, and the remedy, by names with spaces between them.
        harmless: Names with spaces between them of arguments whose result is the same without them,
            such as ``show_progress``.
    """
    said = {name: text for names, text in (reasons or {}).items() for name in names.split()}
    known = {*said, *harmless.split()}

    def decorate(function: Function) -> Function:
        form = signature(function)
        others = [p.name for p in form.parameters.values() if p.kind is Parameter.VAR_KEYWORD]
        defaults = {name: p.default for name, p in form.parameters.items()}
        where = function.__qualname__
        where = where[: -len(".__init__")] if where.endswith(".__init__") else where

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            given = dict(form.bind(*args, **options).arguments)
            for other in others:
                more = given.pop(other, {})
                _refuse_unknown(where, more, [*known, *form.parameters])
                given.update(more)
            _note(where, {k: v for k, v in given.items() if not _same(v, defaults.get(k))}, said)
            return function(*args, **options)

        call.unused_arguments = known  # type: ignore[attr-defined] # for tests and for readers
        return call  # type: ignore[return-value] # of the same signature

    return decorate


def _refuse_unknown(where: str, given: Mapping[str, Any], known: list[str]) -> None:
    for name in given:
        if name not in known and not name.startswith("_"):
            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise TypeError(f"{where}: {name}: no such argument{hint}")


def _note(where: str, given: Mapping[str, Any], said: Mapping[str, str]) -> None:
    """Warn of the arguments that are given, one warning for each reason."""
    by_reason: dict[str, list[str]] = {}
    for name, value in given.items():
        if name in said and _is_given(value):
            by_reason.setdefault(said[name], []).append(name)
    for reason, names in by_reason.items():
        message = f"{where}: {', '.join(names)}: not used: {reason}"
        warnings.warn(message, stacklevel=_level_of_the_program())


def _level_of_the_program() -> int:
    """Return the ``stacklevel`` of the line in the program, for a function that is called from here."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level


def _is_given(value: Any) -> bool:
    """Return whether a value asks for something."""
    is_empty = isinstance(value, (str, list, tuple, dict)) and not value
    return value is not None and value is not False and not is_empty


def _same(value: Any, default: Any) -> bool:
    is_plain = isinstance(value, (str, int, float)) and type(value) is type(default)
    return value is default or (is_plain and value == default)
