"""Makes the container of ``primaryContainerName`` the trainer, which is the first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api import names
from ..azure.conversion import Section


def move_first(section: Section, template: dict[str, Any], name: str) -> None:
    """Make the container whose metric counts the first one.

    Args:
        section: the pod template, for messages.
        template: its contents; changed.
        name: ``primaryContainerName``.
    """
    pod = template.get("spec")
    containers = pod.get("containers") if isinstance(pod, Mapping) else None
    listed = containers if isinstance(containers, list) else []
    found = [c for c in listed if isinstance(c, Mapping) and c.get("name") == name]
    if not found:
        message = "has no container of primaryContainerName; correct the name"
        section.reject("spec.containers", name, message)
        return
    if name != names.TRAINER and any(
        isinstance(c, Mapping) and c.get("name") == names.TRAINER for c in listed
    ):
        message = f"a container named {names.TRAINER} is always the trainer; rename it"
        section.reject("spec.containers", names.TRAINER, message)
    if listed[0] is not found[0]:
        template["spec"] = {
            **(pod or {}),
            "containers": [*found, *(c for c in listed if c is not found[0])],
        }
        message = "is the first container here, since the first one is the trainer"
        section.note("spec.containers", name, message)
