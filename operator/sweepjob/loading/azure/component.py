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
from .literals import LITERAL_TYPES, bound_problems, outside_of, typed
from .pipeline_values import flat_inputs

_FILE_PREFIX = "file:"
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
    component: Section,
    step: Section,
    given: Mapping[str, Any],
    swept: Mapping[str, Any],
    around: Section | None = None,
) -> dict[str, Any]:
    """Return the values of a component's inputs.

    Args:
        component: the component.
        step: the step, for messages.
        given: what the step gives to its inputs, without references to the pipeline.
        swept: the search space.
        around: the inputs that the sweep itself declares, if it is a component as well.
    """
    declared = _flat(component.subsection("inputs"))
    own = list(declared.data)
    if around is not None and around.data:
        around = _flat(around)
        if own:
            given = _values_of_sweep(around, step, given, swept)
        else:
            declared = around
    # A component without declared inputs, as in old files, takes what the step gives.
    names = list(declared.data) or [*given, *step.conversion.options.inputs]
    values: dict[str, Any] = {}
    for name in map(str, names):
        if name in swept:
            _note_swept(declared, step, name, given, swept[name])
        elif (found := _value(declared, step, name, given)) is not None:
            section, value = found
            if (converted := convert_input(section, name, value)) is not None:
                values[name] = converted
    _reject_unknown_inputs(step, given, names)
    if own:
        _check_parameters(component, step, swept, names)
    return values


def _flat(inputs: Section) -> Section:
    """Return declared inputs with those of groups by dotted names."""
    return inputs.conversion.section(flat_inputs(inputs.data), inputs.path)


def _values_of_sweep(
    declared: Section, step: Section, given: Mapping[str, Any], swept: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a sweep gives to its trial, where both declare inputs; nothing is converted yet."""
    found: dict[str, Any] = {name: value for name, value in given.items() if name in swept}
    for name in map(str, declared.data):
        if name in swept:
            _definition(declared, name)
        elif (value := _value(declared, step, name, given)) is not None:
            found[name] = value[1]
    _reject_unknown_inputs(step, given, sorted({*map(str, declared.data), *map(str, swept)}))
    return found


def _reject_unknown_inputs(step: Section, given: Mapping[str, Any], names: Sequence[Any]) -> None:
    inputs = step.section("inputs")
    listed = ", ".join(map(str, names)) or "none"
    for name in given:
        if name not in names:
            message = f"the component has no such input; there are: {listed}"
            inputs.reject(name, given[name], message)


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


def _value(
    declared: Section, step: Section, name: str, given: Mapping[str, Any]
) -> tuple[Section, Any] | None:
    """Return the value of an input, and the section that has it; None for an optional one without."""
    definition = _definition(declared, name)
    kind = str(definition.get("type") or "").lower()
    inputs = step.section("inputs")
    options = step.conversion.options
    if name in given or name in options.inputs:
        value = given.get(name)
        path = _produced(value) if kind in LITERAL_TYPES and not options.is_lazy else ""
        if path and name not in options.inputs:
            return inputs, _literal_of_step(inputs, name, path)
        literal = typed(kind, value)
        if message := outside_of(definition, options.inputs.get(name, literal)):
            inputs.reject(name, options.inputs.get(name, value), message)
        return inputs, literal
    if definition.get("default") is not None:
        return declared, typed(kind, definition["default"])
    if definition.get("optional") is not True:
        message = f"is required by the component: give it in the step, or --input {name}=VALUE"
        inputs.reject(name, None, message)
        return inputs, ""  # so that the reference to it needs no second message
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
    problems = bound_problems(value)
    for key, message in problems.items():
        inner.reject(key, value[key], message)
    return {key: inside for key, inside in value.items() if key not in problems}
