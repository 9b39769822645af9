"""Arguments of Azure's without an effect: a warning for each that is given, an error for unknown ones."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

_PACKAGE = __name__.partition(".")[0] + "."
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
Function = TypeVar("Function", bound="Callable[..., Any]")


def unused_arguments(
    reasons: Mapping[str, str] | None = None,
    harmless: str = "",
    *,
    defaults: Mapping[str, Any] | None = None,
    by_position: str = "",
    others: str = "",
    passes_others_on: bool = False,
) -> Callable[[Function], Function]:
    """Decorate a function of Azure's surface that accepts arguments without using them.

    A call that gives one of them another value than Azure's default is a warning with the reason. An
    argument that neither the function nor the decorator has is a TypeError, as in Azure, also where the
    function takes any (``**azure``).

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
        defaults: Azure's default values of arguments, by name; that of the function, or None, for others.
        by_position: Names with spaces between them of Azure's arguments that follow those of the
            function, in Azure's order: they can be given by position as well.
        others: Why an argument that neither has is not used, where Azure's function takes any argument
            and drops it: a warning instead of the TypeError.
        passes_others_on: Whether the function gives its other arguments to one that refuses unknown ones.
    """
    said = {name: text for names, text in (reasons or {}).items() for name in names.split()}
    known = {*said, *harmless.split()}

    def decorate(function: Function) -> Function:
        form = signature(function)
        default_values = {name: p.default for name, p in form.parameters.items()}
        default_values.update(defaults or {})

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            where = _name_of(function, form, args)
            args, options = _with_names(where, form, by_position.split(), args, options)
            if not passes_others_on:
                _refuse_unknown(where, form, options, known, others)
            given = _given(form, args, options)
            asked = {k: v for k, v in given.items() if asks_for_another(v, default_values.get(k))}
            _note(where, asked, said)
            return function(*args, **options)

        # For tests and for readers.
        call.unused_arguments = known  # type: ignore[attr-defined] # for tests
        call.reasons = said  # type: ignore[attr-defined] # for tests
        call.azure_defaults = default_values  # type: ignore[attr-defined] # for tests
        call.by_position = by_position.split()  # type: ignore[attr-defined] # for tests
        return call  # type: ignore[return-value] # of the same signature

    return decorate


def level_of_the_program() -> int:
    """Return the ``stacklevel`` of the line in the program, for a function that warns.

    It is right for any number of functions of this package, and decorators, between the two.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level


def asks_for_another(value: Any, default: Any) -> bool:
    """Return whether a value asks for something else than Azure's default value does.

    Args:
        value: The value; None asks for nothing.
        default: The default value. Words are the same in capital letters.
    """
    if value is None or value is default or (_is_nothing(value) and _is_nothing(default)):
        return False
    if isinstance(value, str) and isinstance(default, str):
        return value.lower() != default.lower()
    is_plain = isinstance(value, (int, float, list, tuple, dict)) and type(value) is type(default)
    return not (is_plain and value == default)


def _is_nothing(value: Any) -> bool:
    is_empty = isinstance(value, (str, list, tuple, dict)) and not value
    return value is None or value is False or is_empty


def _name_of(function: Callable[..., Any], form: Signature, args: Sequence[Any]) -> str:
    """Return what the program has called: the method of its class, or the class itself."""
    first, name = next(iter(form.parameters), ""), function.__qualname__.rpartition("<locals>.")[2]
    if args and first in ("self", "cls"):
        owner = args[0].__name__ if first == "cls" else type(args[0]).__name__
        name = f"{owner}.{function.__name__}"
    return name.replace(".__init__", "").replace(".__new__", "")


def _with_names(
    where: str,
    form: Signature,
    names: Sequence[str],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call; those that follow the function's own ones get Azure's names."""
    count = sum(p.kind in _POSITIONAL for p in form.parameters.values())
    further = args[count:]
    if not names or len(further) > len(names):
        return args, options
    named = dict(zip(names, further))  # noqa: B905 of Python 3.10
    for name in named:
        if name in options:
            raise TypeError(f"{where}: {name}: is given by position and by name")
    return args[:count], {**options, **named}


def _refuse_unknown(
    where: str, form: Signature, options: Mapping[str, Any], unused: set[str], others: str
) -> None:
    kinds = {p.kind for p in form.parameters.values()}
    known = {*unused, *form.parameters} if Parameter.VAR_KEYWORD in kinds else {*form.parameters}
    for name in options:
        if name not in known and not name.startswith("_"):
            close = get_close_matches(name, sorted(known), 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            if not others:
                raise TypeError(f"{where}: {name}: no such argument{hint}")
            message = f"{where}: {name}: not used: {others}{hint}"
            warnings.warn(message, stacklevel=level_of_the_program())


def _given(form: Signature, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments by name; none of a call that the function itself refuses."""
    try:
        given = dict(form.bind(*args, **options).arguments)
    except TypeError:
        return {}  # Python's own message has the name of the function
    for parameter in form.parameters.values():
        if parameter.kind is Parameter.VAR_KEYWORD:
            given.update(given.pop(parameter.name, {}))
    return given


def _note(where: str, given: Mapping[str, Any], said: Mapping[str, str]) -> None:
    """Warn of the arguments that are given, one warning for each reason."""
    by_reason: dict[str, list[str]] = {}
    for name in given:
        if name in said:
            by_reason.setdefault(said[name], []).append(name)
    for reason, names in by_reason.items():
        message = f"{where}: {', '.join(names)}: not used: {reason}"
        warnings.warn(message, stacklevel=level_of_the_program())
