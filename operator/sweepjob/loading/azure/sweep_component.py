"""Reads components that are sweeps: a sweep with declared inputs, as in Azure's preview of 2021."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .literals import LITERAL_TYPES
from .old_keys import SWEEP_COMPONENTS, is_sweep_step
from .pipeline_values import flat_inputs

_DESCRIPTIONS = (
    *("$schema", "name", "version", "display_name", "description", "tags", "is_deterministic"),
    *("type", "inputs", "outputs"),
)
_OF_THE_STEP = ("component", "type", "inputs", "outputs")
# Keys of an input that is declared, and that a job's input does not have.
_DECLARING = {"default", "min", "max", "enum", "optional"}


def is_sweep_component(data: Mapping[str, Any]) -> bool:
    """Return whether a file is a component that is a sweep, by its type or by its declared inputs.

    Args:
        data: the contents of the file.
    """
    if str(data.get("type", "")).lower() in SWEEP_COMPONENTS:
        return True
    inputs = flat_inputs(_objects(data.get("inputs")))
    return is_sweep_step(data) and any(map(_is_declared, inputs.values()))


def _is_declared(value: Any) -> bool:
    if not isinstance(value, Mapping) or {"path", "value"} & value.keys():
        return False
    return bool(_DECLARING & value.keys()) or str(value.get("type")).lower() in LITERAL_TYPES


def sweep_of_component(component: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sweep of a component, with what a step gives to it, and without declared inputs.

    Args:
        component: the contents of the component.
        step: the step; empty for the component alone.
    """
    own = {key: value for key, value in component.items() if key not in _DESCRIPTIONS}
    others = {key: value for key, value in step.items() if key not in _OF_THE_STEP}
    # What is no object is kept, to be refused.
    inputs, outputs = step.get("inputs"), step.get("outputs")
    if outputs is None or isinstance(outputs, Mapping):
        outputs = dict.fromkeys(_objects(component.get("outputs"))) | _objects(outputs)
    inputs = {} if inputs is None else inputs
    return {**own, **others, "type": "sweep", "inputs": inputs, "outputs": outputs}


def _objects(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
