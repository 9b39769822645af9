"""Conditions of any Kubernetes object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def condition(status: Mapping[str, Any], kind: str, value: str) -> Mapping[str, Any] | None:
    """The condition of this type, if it has this status (``True``, ``False``)."""
    conditions = status.get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind and c.get("status") == value), None)
