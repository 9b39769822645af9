"""Literals that inputs of components take: their types, bounds and listed values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...search.space import Scalar

LITERAL_TYPES = ("number", "integer", "boolean", "string")
_BOOLEANS = {"true": True, "false": False}  # YAML's words, which a flag gives as a text
# Types of literals in the previews of 2021, too.
_NUMBERS = {"number": float, "float": float, "integer": int, "int": int}


def bound_problems(declared: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the bounds of an input, by ``min``, ``max`` and ``enum``.

    Args:
        declared: the input of the component.
    """
    found = {
        key: "must be a finite number"
        for key in ("min", "max")
        if declared.get(key) is not None and _bound(declared[key]) is None
    }
    listed = declared.get("enum")
    if listed is not None and not (
        isinstance(listed, list | tuple) and all(isinstance(one, Scalar) for one in listed)
    ):
        found["enum"] = "must be a list of numbers, texts or booleans"
    return found


def outside_of(declared: Mapping[str, Any], value: Any) -> str:
    """Return why a literal is not one that a component takes; empty if it is one.

    Args:
        declared: the input of the component, which may have ``min``, ``max`` and ``enum``; those with
            problems are not compared.
        value: the literal; anything else is not compared.
    """
    if not isinstance(value, Scalar):
        return ""
    low, high = declared.get("min"), declared.get("max")
    listed: Any = None if "enum" in bound_problems(declared) else declared.get("enum")
    if listed and not any(_same(value, one) for one in listed):
        return f"must be one of the component's enum: {', '.join(map(_shown, listed))}"
    number, least, most = _number(value), _bound(low), _bound(high)
    # A comparison with NaN is false: it is not within bounds.
    if number is not None and least is not None and not number >= least:
        return f"must be at least {low}, the component's min"
    if number is not None and most is not None and not number <= most:
        return f"must be at most {high}, the component's max"
    return ""


def typed(kind: str, value: Any) -> Any:
    """Return a literal in the type of the component's input: YAML reads ``1e-3`` as a text.

    Args:
        kind: Azure's type in lower case.
        value: the literal; anything else is returned as it is.
    """
    if not isinstance(value, str) or kind not in _NUMBERS:
        return value
    try:
        return _NUMBERS[kind](value)
    except ValueError:
        return value


def _same(value: Any, listed: Any) -> bool:
    """Return whether a literal is a listed value; a text may be one that a flag gives."""
    if isinstance(value, bool) or isinstance(listed, bool):
        return _boolean(value) is not None and _boolean(value) == _boolean(listed)
    one, other = _number(value), _number(listed)
    if one is None or other is None or (isinstance(value, str) and isinstance(listed, str)):
        return str(value) == str(listed)
    return one == other


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _BOOLEANS.get(str(value).lower())


def _shown(listed: Any) -> str:
    return str(listed).lower() if isinstance(listed, bool) else str(listed)


def _bound(value: Any) -> float | None:
    found = _number(value)
    return found if found is not None and math.isfinite(found) else None


def _number(value: Any) -> float | None:
    """Return a number, also one that a flag gives as a text; None for other values."""
    if isinstance(value, bool) or not isinstance(value, Scalar):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if isinstance(value, int) and value > 0 else -math.inf
    except ValueError:
        return None
