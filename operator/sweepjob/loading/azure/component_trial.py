"""Converts a trial that is a component: of a step of a pipeline, or of a sweep."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..azure_map.asset_names import plain_path
from .component import component_inputs, read_component
from .conversion import Conversion, Section
from .pipeline_values import flat_inputs
from .trial import convert_component


def convert_component_trial(
    conversion: Conversion,
    top: Section,
    given: Mapping[str, Any],
    outputs: Section,
    around: Section | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Convert a trial that is a component, inline or in a file.

    Args:
        conversion: receives the code, the notes and the errors.
        top: the step, or the sweep.
        given: its inputs, without references to the pipeline.
        outputs: its outputs.
        around: the inputs that the sweep declares, if it is a component as well.

    Returns:
        The inputs of the trial; and its image, command and environment variables.
    """
    swept = top.subsection("search_space").data
    conversion.swept = frozenset(map(str, swept))
    key = "trial"
    if top.read(key) is None and top.data.get("component") is not None:
        key = "component"
        top.note(key, top.data[key], "is read as trial; Azure's client wants that key in a sweep")
        conversion.source_paths["spec.trial"] = top.at(key)
    component = read_component(top, key)
    conversion.known_inputs |= dict.fromkeys(given)
    if around is not None:
        conversion.known_inputs |= dict.fromkeys(flat_inputs(around.data))
    conversion.known_outputs |= dict.fromkeys(map(str, outputs.data))
    if component is None:
        return {}, {"image": "", "command": "", "env": []}
    section = component.section
    inputs = component_inputs(section, top, given, swept, around)
    _check_outputs(section, outputs)
    parts = convert_component(section, inputs)
    conversion.code = _relative(conversion, component.folder)
    section.reject_unknown_keys()
    conversion.known_inputs |= dict.fromkeys(_declared(section, "inputs"))
    conversion.known_outputs |= dict.fromkeys(_declared(section, "outputs"))
    return inputs, parts


def _check_outputs(component: Section, outputs: Section) -> None:
    declared = component.subsection("outputs")
    for name in map(str, declared.data):
        value = declared.read(name)
        if isinstance(value, Mapping):
            inner = declared.conversion.section(value, declared.at(name))
            for key in ("type", "description", "mode"):
                inner.read(key)
            inner.reject_unknown_keys()
    for name in outputs.data:
        if declared.data and name not in declared.data:
            listed = ", ".join(map(str, declared.data))
            message = f"the component has no such output; there are: {listed}"
            outputs.reject(str(name), outputs.data[name], message)


def _declared(component: Section, key: str) -> list[str]:
    found = component.data.get(key)
    return list(flat_inputs(found)) if isinstance(found, Mapping) else []


def _relative(conversion: Conversion, folder: str) -> str:
    if not conversion.code:
        return ""
    path = os.path.join(os.path.relpath(folder, conversion.options.folder), conversion.code)
    return plain_path(path)
