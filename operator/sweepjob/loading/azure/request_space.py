"""Reads expressions of requests to Azure's service: ``["uniform", [0.1, 0.5]]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api.parsing.problem import Problem
from ...api.spec.search_space import EXPRESSIONS
from .conversion import Conversion
from .request_keys import snake
from .search_space import arguments_of

_FORM = 'must be in the form ["uniform", [0.1, 0.5]] or ["choice", [[16, 32]]]'


def expression_of(conversion: Conversion, value: Any, old: str, new: str) -> Any:
    """Return an expression with the keys of a file; what is none stays, to be refused.

    Args:
        conversion: receives the problems, and the paths of the document.
        value: the expression.
        old: its path in the document.
        new: its path in a file.
    """
    conversion.old_paths[new] = old
    if isinstance(value, Mapping):
        return _with_keys(conversion, value, old, new)
    kind = value[0] if isinstance(value, list) and len(value) == 2 else None
    given = value[1] if kind is not None else None
    if not isinstance(kind, str) or kind.lower() not in EXPRESSIONS or not isinstance(given, list):
        conversion.problems.append(Problem(new, value, _FORM))
        return value
    kind = kind.lower()
    if kind == "choice":
        is_nested = len(given) == 1 and isinstance(given[0], list)
        values, where = (given[0], f"{old}[1][0]") if is_nested else (given, f"{old}[1]")
        return {"type": kind, "values": _values(conversion, values, where, f"{new}.values")}
    keys = list(arguments_of(kind))
    if len(given) != len(keys):
        message = f"{kind} takes {len(keys)}: {', '.join(keys)}"
        conversion.problems.append(Problem(new, value, message))
        return value
    for position, key in enumerate(keys):
        conversion.old_paths[f"{new}.{key}"] = f"{old}[1][{position}]"
    return {"type": kind, **dict(zip(keys, given, strict=True))}


def _with_keys(
    conversion: Conversion, value: Mapping[str, Any], old: str, new: str
) -> dict[str, Any]:
    """Return an expression that has keys already, in the spelling of a file."""
    made = {}
    for key, found in value.items():
        ours = snake(str(key))
        conversion.old_paths[f"{new}.{ours}"] = f"{old}.{key}"
        made[ours] = found
    values = made.get("values")
    if isinstance(values, list):
        made["values"] = _values(conversion, values, f"{old}.values", f"{new}.values")
    return made


def _values(conversion: Conversion, values: list[Any], old: str, new: str) -> list[Any]:
    conversion.old_paths[new] = old
    return [
        _branch(conversion, value, f"{old}[{position}]", f"{new}[{position}]")
        if isinstance(value, Mapping)
        else value
        for position, value in enumerate(values)
    ]


def _branch(
    conversion: Conversion, branch: Mapping[str, Any], old: str, new: str
) -> dict[str, Any]:
    conversion.old_paths[new] = old
    return {
        name: expression_of(conversion, value, f"{old}.{name}", f"{new}.{name}")
        if isinstance(value, list | Mapping)
        else value
        for name, value in branch.items()
    }
