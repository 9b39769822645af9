"""The fields of a trial's definition as keyword arguments, for editors and type checkers."""

from __future__ import annotations

from typing import Any, TypedDict

from ..loading.pod_settings import PodSettings


class TrialFields(TypedDict, total=False):
    """Keyword arguments of :class:`TrialDefinition`, which has the same fields."""

    command: str | list[str] | None
    image: str | None
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    environment_variables: dict[str, Any]
    resources: dict[str, Any]
    placement: PodSettings
    trial: dict[str, Any]
    metrics: dict[str, Any] | None
    queue: str | None
    timeout: int | None
    name: str | None
    display_name: str | None
    experiment_name: str | None
    description: str | None
    tags: dict[str, str]
    properties: dict[str, str]
    environment: Any
    compute: str | None
    code: Any
    instance_type: str | None
    instance_count: int | None
    distribution: Any
    azure: dict[str, Any]
    version: str | None
    folder: str
