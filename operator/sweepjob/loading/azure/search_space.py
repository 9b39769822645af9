"""Converts search space expressions: v2's with keys, v1's with positional values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...api.spec.search_space import EXPRESSIONS, VALUE_KEYS
from ...api.validation.log_bound_warnings import LOGARITHMIC, bounds_warning
from ...search.space import Scalar
from .conversion import Section

# Azure's keys to ours; the arguments of v1's functions are in the order of EXPRESSIONS.
_KEYS = {"min_value": "minValue", "max_value": "maxValue"}


def convert_space(section: Section, path: str) -> dict[str, Any]:
    """Convert v2's ``search_space``.

    Args:
        section: the search space.
        path: path of the result in the SweepJob.
    """
    for name, value in section.data.items():
        _reject_request(section, name, value)
    return {
        str(name): _expression(section.subsection(name), f"{path}.{name}") for name in section.data
    }


def _reject_request(section: Section, name: str, value: Any) -> None:
    """Reject an expression in the form of requests to Azure's service: ``[uniform, [0.1, 0.5]]``."""
    kind = str(value[0]).lower() if isinstance(value, list) and value else ""
    if kind in EXPRESSIONS:
        keys = ["values"] if kind == "choice" else list(arguments_of(kind))
        form = ", ".join([f"type: {kind}", *(f"{key}: ..." for key in keys)])
        section.reject(
            name, value, f"is in the form of requests to Azure's service; write {{{form}}}"
        )


def _expression(section: Section, path: str) -> dict[str, Any]:
    section.conversion.source_paths[path] = section.path
    kind = section.keyword("type", {name: name for name in EXPRESSIONS})
    if kind is None:
        return {}
    converted: dict[str, Any] = {"type": kind}
    if kind == "choice":
        converted["values"] = _values(section, path)
    for theirs, ours in arguments_of(kind).items():
        value = section.integer(theirs) if theirs == "upper" else section.number(theirs)
        if value is not None:
            converted[ours] = value
        elif section.data.get(theirs) is None:
            section.reject(theirs, None, f"is required for {kind}")
    section.reject_unknown_keys()
    note_exponents(section, converted)
    return converted


def arguments_of(kind: str) -> dict[str, str]:
    """Return the keys of a SweepJob for the arguments of an expression, by Azure's keys, in order."""
    theirs = {ours: key for key, ours in _KEYS.items()}
    ours = (key for key in EXPRESSIONS[kind][0] if key not in ("values", *VALUE_KEYS))
    return {theirs.get(key, key): key for key in ours}


def _values(section: Section, path: str) -> list[Any]:
    values = section.read("values")
    if not isinstance(values, list) or not values:
        section.reject("values", values, "must be a list of at least one value")
        return []
    return [
        _branch(
            section.conversion.section(v, f"{section.at('values')}[{n}]"), f"{path}.values[{n}]"
        )
        if isinstance(v, Mapping)
        else v
        for n, v in enumerate(values)
    ]


def _branch(section: Section, path: str) -> dict[str, Any]:
    return {
        str(name): value
        if isinstance(value, Scalar)
        else _expression(section.subsection(name), f"{path}.{name}")
        for name, value in section.data.items()
    }


def convert_positional(section: Section, kind: str, values: list[Any]) -> dict[str, Any]:
    """Convert an expression of v1, whose arguments are a list.

    Args:
        section: the expression.
        kind: its type.
        values: its arguments.
    """
    if kind == "choice":
        nested = len(values) == 1 and isinstance(values[0], list)
        return {"type": kind, "values": values[0] if nested else values}
    keys = list(arguments_of(kind).values())
    if len(values) != len(keys):
        section.reject("values", values, f"{kind} takes {len(keys)}: {', '.join(keys)}")
        return {"type": kind}
    converted = {"type": kind, **dict(zip(keys, values, strict=True))}
    note_exponents(section, converted)
    return converted


def note_exponents(section: Section, converted: Mapping[str, Any]) -> None:
    """Add a note with the values that exponents mean, since they are often mistaken for values."""
    if converted["type"] not in LOGARITHMIC:
        return
    low, high = converted.get("minValue"), converted.get("maxValue")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return
    if bounds_warning("", converted, math.e):
        return  # the check of the result warns
    message = f"bounds are natural-log exponents: values from {_exp(low)} to {_exp(high)}"
    if high <= 0 and low == int(low) and high == int(high) and low <= -3:
        message += (
            f"; if you mean powers of ten, 1e{low:g} to 1e{high:g}, multiply both by 2.302585"
        )
    section.note("", [low, high], message)


def _exp(exponent: float) -> str:
    try:
        return f"{math.exp(exponent):.3g}"
    except OverflowError:
        return "beyond 1e308"
