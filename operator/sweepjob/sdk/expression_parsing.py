"""Reads the expressions of a SweepJob object back into those of the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from ..api.parsing.reader import Reader
from .arguments import ArgumentError, check
from .expressions import BY_TYPE, SPEC_KEYS, Choice, Expression


def expression_from_spec(spec: Any, path: str) -> Expression:
    """Return the expression of an entry of ``spec.searchSpace``.

    Args:
        spec: The entry.
        path: Its path, for the message.

    Raises:
        ArgumentError: It is not an expression, or has unknown or missing keys.
    """
    if not isinstance(spec, Mapping) or spec.get("type") not in BY_TYPE:
        check(path, {"type": spec}, lambda reader: _note_unknown(reader, spec))
    found = BY_TYPE[spec["type"]]
    names = {SPEC_KEYS.get(field.name, field.name): field.name for field in fields(found)}
    unknown = set(spec) - set(names) - {"type"}
    needed = {field.name for field in fields(found) if field.default is MISSING}
    missing = {key for key, name in names.items() if name in needed} - set(spec)
    if unknown or missing:
        known = f"takes {', '.join(names.values())}"
        raise ArgumentError(f"{path}: {dict(spec)}: {spec['type']} {known}")
    given = {names[key]: value for key, value in spec.items() if key != "type"}
    if found is Choice and isinstance(given["values"], list):
        given["values"] = [_branch(v, f"{path}.values[{n}]") for n, v in enumerate(given["values"])]
    return found(**given)


def _branch(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        name: expression_from_spec(inner, f"{path}.{name}") if isinstance(inner, Mapping) else inner
        for name, inner in value.items()
    }


def _note_unknown(reader: Reader, spec: Any) -> None:
    reader.note("", spec, f"must be an expression: {', '.join(BY_TYPE)}")
