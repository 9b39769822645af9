"""Names, descriptions and tags to the metadata of a Kubernetes object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...api import names
from .conversion import Conversion, Section

_NAME_LENGTH = names.SWEEP_NAME_LIMIT
_KEY_LENGTH = 63
QUEUE_LABEL = names.QUEUE_LABEL


def begin(conversion: Conversion, wanted: str | None, path: str, stem: str) -> dict[str, Any]:
    """The manifest with its name; returns its metadata, to be added to."""
    supplies = conversion.supplies
    source = supplies.name or wanted or stem
    name = _dns(source)
    if supplies.name is None and name != wanted:
        section = conversion.section({}, "")
        why = "names of Kubernetes objects have small letters, digits and -"
        if wanted is None:
            why = "the file has no name; --name gives one"
        section.note(path, wanted, f"the SweepJob is named {name}: {why}")
    metadata: dict[str, Any] = {"name": name}
    if supplies.namespace:
        metadata["namespace"] = supplies.namespace
    if supplies.queue:
        metadata["labels"] = {QUEUE_LABEL: supplies.queue}
    conversion.manifest |= {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPJOB,
        "metadata": metadata,
    }
    return metadata


def annotate(metadata: dict[str, Any], key: str, value: str | None) -> None:
    """Keep a text as an annotation of the SweepJob."""
    if value is not None:
        metadata.setdefault("annotations", {})[key] = value


def annotate_map(section: Section, key: str, metadata: dict[str, Any]) -> None:
    """Keep Azure's tags or properties as annotations, one each."""
    value = section.take(key)
    if value is None:
        return
    if not isinstance(value, Mapping):
        section.refuse(key, value, "must be an object with keys and values")
        return
    for name, text in value.items():
        kept = re.sub(r"[^A-Za-z0-9_.-]", "-", str(name))[:_KEY_LENGTH].strip("-_.") or "unnamed"
        annotate(metadata, f"{key}.{names.GROUP}/{kept}", "" if text is None else str(text))
    if value:
        section.note(key, value, f"kept as annotations {key}.{names.GROUP}/...")


def _dns(text: str) -> str:
    """A text as the name of an object."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_NAME_LENGTH].strip("-")
    return name if name and not name[0].isdigit() else f"sweep-{name}".strip("-")[:_NAME_LENGTH]
