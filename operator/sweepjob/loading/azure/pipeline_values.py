"""Values of a pipeline's inputs in the settings of a sweep step, such as its limits and its objective."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...api.parsing.problem import Problem
from ...search.space import Scalar

_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.([^}\s]+)\s*\}\}")
_PARENT = re.compile(r"\$\{\{\s*parent\.[^}]*\}\}")
# Inputs and outputs are data, which are converted on their own; a component has no parent.
_DATA = ("inputs", "outputs", "trial")


def bind_settings(step: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step whose settings have the values of the pipeline's inputs that they refer to.

    Args:
        step: the step.
        inputs: the pipeline's inputs by name.
    """
    return {k: v if k in _DATA else bind_value(v, inputs) for k, v in step.items()}


def bind_value(value: Any, inputs: Mapping[str, Any]) -> Any:
    """Return a value with those of the inputs that it refers to; a reference alone keeps its type.

    Args:
        value: a text, a list or an object.
        inputs: the pipeline's inputs by name.
    """
    if isinstance(value, Mapping):
        return {key: bind_value(inner, inputs) for key, inner in value.items()}
    if isinstance(value, list):
        return [bind_value(inner, inputs) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _INPUT.fullmatch(value.strip())
    if whole is not None:
        found = _literal(inputs.get(whole[1]))
        return value if found is None else found
    return _INPUT.sub(lambda match: _text(match, inputs), value)


def _text(match: re.Match[str], inputs: Mapping[str, Any]) -> str:
    found = _literal(inputs.get(match[1]))
    return match[0] if found is None else str(found)


def _literal(given: Any) -> Any:
    """Return a literal input, also as an object with a value; None for data."""
    value = given.get("value") if isinstance(given, Mapping) else given
    return value if isinstance(value, Scalar) else None


def unbound_settings(step: Mapping[str, Any], path: str) -> tuple[Problem, ...]:
    """Return the settings of a step that still refer to the pipeline.

    Args:
        step: the step.
        path: its path in the file.
    """
    settings = {key: value for key, value in step.items() if key not in _DATA}
    message = "refers to the pipeline, which gives it no value; write the value"
    return tuple(
        Problem(f"{path}.{at}", text, message)
        for at, text in _texts(settings, "")
        if _PARENT.search(text)
    )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
