"""Whose an object is, in words for whoever has another one of that name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import names


def owner_of(body: Mapping[str, Any]) -> str:
    """Whose an object is, by its owner, or by labels that say it."""
    meta = body["metadata"]
    labels = meta.get("labels") or {}
    owners = meta.get("ownerReferences") or []
    if owners:
        sweep = labels.get(names.LABEL_SWEEP)
        of = f" of sweep '{sweep}'" if sweep and owners[0].get("kind") == names.SWEEPTRIAL else ""
        return f"{owners[0].get('kind')} '{owners[0].get('name')}'{of}"
    manager = labels.get("app.kubernetes.io/managed-by")
    return f"no object, and is managed by {manager}," if manager else "no object of this sweep"
