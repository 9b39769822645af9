"""Values of a pipeline in a step: its inputs, those of other steps, and outputs of other steps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ...api.parsing.problem import Problem
from ...search.space import Scalar
from ..azure_map.asset_names import step_output

_REFERENCE = re.compile(r"\$\{\{\s*parent\.(inputs|outputs|jobs)\.([^}\s]+)\s*\}\}")
_PARENT = re.compile(r"\$\{\{\s*parent\.[^}]*\}\}")
_INPUT_OF_STEP = re.compile(r"(?P<step>.+)\.inputs\.(?P<name>.+)")
# Inputs and outputs are data, which are converted on their own; a component has no parent.
_DATA = ("inputs", "outputs", "trial")
_KEYS_OF_GROUPS = ("type", "optional", "description")
_KEYS_OF_INPUTS = {"path", "value", "type", "mode", "default", "optional", "data", "file", "folder"}
_KEYS_OF_INPUTS |= {"job_input_type", "uri"}  # of requests to Azure's service
_MAX_DEPTH = 20  # of inputs that refer to inputs of other steps


@dataclass(frozen=True, slots=True)
class Parent:
    """What the references of a step can name.

    Attributes:
        inputs: values of the pipeline's inputs by name.
        jobs: the pipeline's steps by name.
        names: names of the pipeline's inputs, also of those without a value.
        steps: names of the steps of the pipeline, and of those around it.
    """

    inputs: Mapping[str, Any]
    jobs: Mapping[str, Any]
    names: Collection[str] = ()
    steps: Collection[str] = ()


def names_of_inputs(declared: Any, jobs: Mapping[str, Any]) -> list[str]:
    """Return the names of a pipeline's inputs: those that it declares, and others that steps refer to.

    Args:
        declared: the pipeline's inputs.
        jobs: the pipeline's steps.
    """
    texts = (text for _, text in _texts(jobs, ""))
    found = (match for text in texts for match in _REFERENCE.finditer(text))
    referred = (match[2] for match in found if match[1] == "inputs")
    return [*map(str, declared if isinstance(declared, Mapping) else ()), *dict.fromkeys(referred)]


def bind_settings(step: Mapping[str, Any], parent: Parent) -> dict[str, Any]:
    """Return a step whose settings have the values that they refer to.

    Args:
        step: the step.
        parent: what it can refer to.
    """
    return {k: v if k in _DATA else bind_value(v, parent) for k, v in step.items()}


def bind_value(value: Any, parent: Parent) -> Any:
    """Return a value with the literals that it refers to; a reference alone keeps its type.

    Args:
        value: a text, a list or an object.
        parent: what it can refer to.
    """
    if isinstance(value, Mapping):
        return {key: bind_value(inner, parent) for key, inner in value.items()}
    if isinstance(value, list):
        return [bind_value(inner, parent) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value.strip())
    if whole is not None:
        found = _literal(_find(whole, parent))
        return value if found is None else found
    return _REFERENCE.sub(lambda match: _text(match, parent), value)


def bind_input(value: Any, parent: Parent) -> Any:
    """Return an input of a step with the literals and the data that it refers to.

    Args:
        value: the input: a literal, or an object with a path or a value.
        parent: what it can refer to.
    """
    if isinstance(value, Mapping):
        key = "path" if "path" in value else "value"
        bound = bind_input(value.get(key), parent)
        if bound == value.get(key):
            return value
        others = {k: v for k, v in value.items() if k != key}
        if isinstance(bound, Mapping):
            return {**bound, **others}
        return {**others, key: bound} if _PARENT.search(str(bound)) or key == "value" else bound
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value.strip())
    if whole is not None:
        found = _find(whole, parent)
        return value if found is None else found
    start = _REFERENCE.match(value)
    base = None if start is None else _path(_find(start, parent))
    if start is not None and base is not None:
        return {"path": f"{base.rstrip('/')}{bind_value(value[start.end() :], parent)}"}
    return bind_value(value, parent)


def is_group(value: Any) -> bool:
    """Return whether an input is a group of inputs: it has their names instead of a path or a value."""
    if not isinstance(value, Mapping) or not value:
        return False
    return str(value.get("type", "")).lower() == "group" or not value.keys() & _KEYS_OF_INPUTS


def flat_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with those of groups by dotted names.

    >>> flat_inputs({"a": 1, "g": {"type": "group", "b": 2, "c": {"d": 3}}})
    {'a': 1, 'g.b': 2, 'g.c.d': 3}

    Args:
        inputs: inputs, or their declarations, by name.
    """
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if is_group(value):
            members = {k: v for k, v in value.items() if k not in _KEYS_OF_GROUPS}
            found |= {f"{name}.{key}": inner for key, inner in flat_inputs(members).items()}
        else:
            found[str(name)] = value
    return found


def _path(data: Any) -> str | None:
    """Return the path of data, or the output of another step; None for a literal."""
    path = data.get("path") if isinstance(data, Mapping) else data
    is_data = isinstance(data, Mapping) or (isinstance(path, str) and step_output(path))
    return path if isinstance(path, str) and is_data else None


def _find(reference: re.Match[str], parent: Parent, depth: int = 0) -> Any:
    """Return what a reference names: an input of the pipeline or of another step; None if nothing."""
    group, name = reference[1], reference[2]
    if group == "inputs":
        return _member(parent.inputs, name)
    of_step = _INPUT_OF_STEP.fullmatch(name) if group == "jobs" else None
    if of_step is None or depth > _MAX_DEPTH:
        return None
    step = parent.jobs.get(of_step["step"])
    inputs = step.get("inputs") if isinstance(step, Mapping) else None
    found = _member(inputs, of_step["name"]) if isinstance(inputs, Mapping) else None
    text = found.get("path") if isinstance(found, Mapping) else found
    again = _REFERENCE.fullmatch(text.strip()) if isinstance(text, str) else None
    inner = None if again is None else _find(again, parent, depth + 1)
    if isinstance(found, Mapping) and isinstance(inner, Mapping):
        return {**inner, **{k: v for k, v in found.items() if k != "path"}}
    return found if inner is None else inner


def _member(inputs: Mapping[str, Any], name: str) -> Any:
    """Return an input; of a group of inputs by a dotted name."""
    if name in inputs:
        return inputs[name]
    group, _, member = name.partition(".")
    inner = inputs.get(group)
    return _member(inner, member) if member and isinstance(inner, Mapping) else None


def _text(match: re.Match[str], parent: Parent) -> str:
    found = _literal(_find(match, parent))
    return match[0] if found is None else str(found)


def _literal(given: Any) -> Any:
    """Return a literal input, also as an object with a value; None for data."""
    value = given.get("value") if isinstance(given, Mapping) else given
    is_literal = isinstance(value, Scalar) and not _PARENT.search(str(value))
    return value if is_literal else None


def unbound_settings(step: Mapping[str, Any], path: str, parent: Parent) -> tuple[Problem, ...]:
    """Return the settings of a step that still refer to the pipeline.

    Args:
        step: the step.
        path: its path in the file.
        parent: what it can refer to.
    """
    settings = {key: value for key, value in step.items() if key not in _DATA}
    return tuple(
        Problem(f"{path}.{at}", text, f"{no_value(found, parent)}, or write the value here")
        for at, text in _texts(settings, "")
        if (found := _PARENT.search(text))
    )


def no_value(found: re.Match[str], parent: Parent, flag: str = "") -> str:
    """Return why a reference has no value, and the remedy.

    Args:
        found: the reference.
        parent: what it can refer to.
        flag: name of an input of the step; empty for a setting, which takes an input of the pipeline.
    """
    reference = _REFERENCE.fullmatch(found[0])
    if reference is None or reference[1] != "inputs":
        what = "is known only when the pipeline runs, which is not converted"
        return f"{what}: give --input {flag}=VALUE" if flag else what
    name = reference[2]
    if name in parent.inputs and not flag:
        return f"the input {name} of the pipeline is data, and this is a setting"
    close = get_close_matches(name, parent.inputs, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"the pipeline has no value for {name}{hint}: give --input {flag or name}=VALUE"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
