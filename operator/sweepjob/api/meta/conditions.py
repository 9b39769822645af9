"""Conditions of any Kubernetes object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def find_condition(status: Mapping[str, Any], kind: str, value: str) -> Mapping[str, Any] | None:
    """Return the condition of a type if it has a status; None otherwise.

    Args:
        status: the ``status`` of the object.
        kind: type of the condition.
        value: ``True``, ``False`` or ``Unknown``.
    """
    conditions = status.get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind and c.get("status") == value), None)
