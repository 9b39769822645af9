"""Describes the owner of an object, for a message about a name that is in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import names


def describe_owner(body: Mapping[str, Any]) -> str:
    """Return the owner of an object in words, from its owner references or its labels."""
    meta = body["metadata"]
    labels = meta.get("labels") or {}
    owners = meta.get("ownerReferences") or []
    if owners:
        sweep = labels.get(names.LABEL_SWEEP)
        of = f" of sweep '{sweep}'" if sweep and owners[0].get("kind") == names.SWEEPTRIAL else ""
        return f"{owners[0].get('kind')} '{owners[0].get('name')}'{of}"
    manager = labels.get("app.kubernetes.io/managed-by")
    return f"no object, and is managed by {manager}," if manager else "no object of this sweep"
