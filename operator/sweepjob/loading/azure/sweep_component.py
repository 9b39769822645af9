"""Reads components that are sweeps: files of a sweep with declared inputs, of Azure's preview of 2021."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DESCRIPTIONS = (
    *("$schema", "name", "version", "display_name", "description", "tags", "is_deterministic"),
    *("type", "inputs", "outputs"),
)
_OF_THE_STEP = ("component", "type", "inputs", "outputs")


def sweep_of_component(component: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sweep of a component, with what a step gives to it.

    Args:
        component: the contents of the component.
        step: the step; empty for the component alone, whose inputs have their defaults.
    """
    own = {key: value for key, value in component.items() if key not in _DESCRIPTIONS}
    others = {key: value for key, value in step.items() if key not in _OF_THE_STEP}
    return {
        **own,
        **others,
        "type": "sweep",
        "inputs": {**_defaults(component.get("inputs")), **_objects(step.get("inputs"))},
        "outputs": dict.fromkeys(_objects(component.get("outputs")))
        | _objects(step.get("outputs")),
    }


def _defaults(declared: Any) -> dict[str, Any]:
    """Return the values of declared inputs that have a default."""
    return {
        name: value["default"]
        for name, value in _objects(declared).items()
        if isinstance(value, Mapping) and value.get("default") is not None
    }


def _objects(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
