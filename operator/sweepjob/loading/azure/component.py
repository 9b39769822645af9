"""Reads command components, and gives their inputs the values of a sweep step."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...search.space import Scalar
from ...template.references import references
from ..azure_map import producing_step
from ..azure_map.asset_names import is_local_path
from .command import with_double_braces
from .conversion import PLACEHOLDER, Section
from .inputs import convert_input
from .pipeline_values import flat_inputs

_FILE_PREFIX = "file:"
_LITERALS = ("number", "integer", "boolean", "string")
_FRACTIONS = ("uniform", "loguniform", "normal", "lognormal")


@dataclass(frozen=True, slots=True)
class Component:
    """A component and where it was read.

    Attributes:
        section: its contents.
        folder: folder to which its paths are relative.
    """

    section: Section
    folder: str


def read_component(section: Section, key: str) -> Component | None:
    """Read the component of a step: inline, a file, or a registered one by the map.

    Args:
        section: the step.
        key: the key that has it.

    Returns:
        The component; None if it is rejected.
    """
    conversion, value = section.conversion, section.read(key)
    options = conversion.options
    if isinstance(value, Mapping):
        return Component(conversion.section(value, section.at(key)), options.folder)
    if not isinstance(value, str) or not value:
        section.reject(key, value, "is required: a component, inline or as the path of its file")
        return None
    mapped = options.azure_map.find_component(value)
    if mapped is None and not value.startswith(_FILE_PREFIX) and not is_local_path(value):
        missing = options.azure_map.missing("component", value)
        section.reject(key, value, f"is a registered component, whose file is needed: {missing}")
        return None
    file = os.path.join(options.folder, value.removeprefix(_FILE_PREFIX))
    path = mapped or os.path.normpath(file)
    if options.read_yaml is None:
        section.reject(key, value, "is another file, which cannot be read from standard input")
        return None
    try:
        data = options.read_yaml(path)
    except ValueError as error:
        section.reject(key, value, str(error))
        return None
    if not isinstance(data, Mapping):
        section.reject(key, value, f"{path}: must be an object with keys and values")
        return None
    name = os.path.relpath(path, options.folder)
    return Component(conversion.section(data, name), os.path.dirname(path) or ".")


def component_inputs(
    component: Section, step: Section, given: Mapping[str, Any], swept: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a component's inputs.

    Args:
        component: the component.
        step: the step, for messages.
        given: what the step gives to its inputs, without references to the pipeline.
        swept: the search space.
    """
    inputs = component.subsection("inputs")
    declared = component.conversion.section(flat_inputs(inputs.data), inputs.path)
    # A component without declared inputs, as in old files, takes what the step gives.
    names = list(declared.data) or [*given, *step.conversion.options.inputs]
    values: dict[str, Any] = {}
    for name in map(str, names):
        if name in swept:
            _note_swept(declared, step, name, given, swept[name])
            continue
        value = _value(declared, step, name, given)
        if value is not None:
            values[name] = value
    inputs = step.section("inputs")
    for name in given:
        if name not in names:
            listed = ", ".join(map(str, names)) or "none"
            inputs.reject(
                name, given[name], f"the component has no such input; there are: {listed}"
            )
    if declared.data:
        _check_parameters(component, step, swept, names)
    return values


def _check_parameters(
    component: Section, step: Section, swept: Mapping[str, Any], names: Sequence[Any]
) -> None:
    """Reject parameters that the component does not take; its command may name one directly."""
    command = component.data.get("command")
    used = references(with_double_braces(command)) if isinstance(command, str) else []
    for name in swept:
        if name not in names and f"search_space.{name}" in used:
            message = "is taken as the parameter; Azure's components know inputs only"
            component.note("command", f"${{{{search_space.{name}}}}}", message)
        elif name not in names:
            message = f"the component has no such input; there are: {', '.join(map(str, names))}"
            step.section("search_space").reject(name, swept[name], message)


def _value(declared: Section, step: Section, name: str, given: Mapping[str, Any]) -> Any:
    definition = _definition(declared, name)
    kind = str(definition.get("type") or "").lower()
    inputs = step.section("inputs")
    options = step.conversion.options
    if name in given or name in options.inputs:
        value = given.get(name)
        path = _produced(value) if kind in _LITERALS and not options.is_lazy else ""
        if path and name not in options.inputs:
            return _literal_of_step(inputs, name, path)
        typed = _typed(kind, value)
        if message := outside_of(definition, options.inputs.get(name, typed)):
            inputs.reject(name, value, message)
        return convert_input(inputs, name, typed)
    if definition.get("default") is not None:
        return convert_input(declared, name, _typed(kind, definition["default"]))
    if definition.get("optional") is not True:
        message = f"is required by the component: give it in the step, or --input {name}=VALUE"
        inputs.reject(name, None, message)
        return ""  # so that the reference to it needs no second message
    return None


def _produced(value: Any) -> str:
    """Return the reference to an output of another step; empty for other values."""
    path = value.get("path") if isinstance(value, Mapping) else None
    return path if isinstance(path, str) and producing_step(path) else ""


def _literal_of_step(inputs: Section, name: str, path: str) -> str:
    """Return a placeholder for a literal that another step gives; reject it for a local sweep."""
    step = producing_step(path)
    message = f"is an output of the step {step}: run that step, and give --input {name}=VALUE"
    if inputs.conversion.options.local:
        inputs.reject(name, path, message)
        return ""
    inputs.note(name, path, f"{message}; {PLACEHOLDER} stands for it")
    return PLACEHOLDER


def _note_swept(
    declared: Section, step: Section, name: str, given: Mapping[str, Any], expression: Any
) -> None:
    """Add a note for an input of a parameter's name, and for fractions that an integer gets."""
    definition = _definition(declared, name)
    supplied = step.conversion.options.inputs.get(name)
    if name in given or supplied is not None:
        value = given.get(name) if supplied is None else supplied
        message = "is not used: the search space has a parameter of this name"
        step.section("inputs").note(name, value, message)
    kind = expression.get("type") if isinstance(expression, Mapping) else None
    is_integer = str(definition.get("type") or "").lower() == "integer"
    if is_integer and str(kind).lower() in _FRACTIONS:
        message = (
            f"gives fractions for an integer, as in Azure; q{kind} with q: 1 gives whole numbers"
        )
        step.section("search_space").note(f"{name}.type", kind, message)


def _definition(declared: Section, name: str) -> Mapping[str, Any]:
    value = declared.read(name)
    if value is None:
        return {}
    is_value = isinstance(value, Scalar) or (isinstance(value, Mapping) and "path" in value)
    if is_value:  # a trial that is written like a job
        declared.note(name, value, "is taken as the value; in a component Azure wants a type")
        return {"default": value}
    if not isinstance(value, Mapping):
        declared.reject(name, value, "must be an object with a type")
        return {}
    inner = declared.conversion.section(value, declared.at(name))
    for key in ("type", "optional", "default", "description", "min", "max", "enum", "mode"):
        inner.read(key)
    inner.reject_unknown_keys()
    return value


def outside_of(declared: Mapping[str, Any], value: Any) -> str:
    """Return why a literal is not one that a component takes; empty if it is one.

    Args:
        declared: the input of the component, which may have ``min``, ``max`` and ``enum``.
        value: the literal; anything else is not compared.
    """
    low, high, listed = (declared.get(key) for key in ("min", "max", "enum"))
    if listed and isinstance(value, Scalar) and str(value) not in map(str, listed):
        return f"must be one of the component's enum: {', '.join(map(str, listed))}"
    number = _number(value)
    if number is not None and low is not None and number < float(low):
        return f"must be at least {low}, the component's min"
    if number is not None and high is not None and number > float(high):
        return f"must be at most {high}, the component's max"
    return ""


def _number(value: Any) -> float | None:
    """Return a number, also one that a flag gives as a text; None for other values."""
    if isinstance(value, bool) or not isinstance(value, Scalar):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _typed(kind: str, value: Any) -> Any:
    """Return a literal in the type of the component's input: YAML reads ``1e-3`` as a text."""
    if not isinstance(value, str):
        return value
    try:
        if kind == "number":
            return float(value)
        if kind == "integer":
            return int(value)
    except ValueError:
        return value
    return value
