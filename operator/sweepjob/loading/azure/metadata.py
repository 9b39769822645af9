"""Converts names, descriptions and tags to the metadata of a Kubernetes object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...api import names
from .conversion import Conversion, Section

_NAME_LENGTH = names.SWEEP_NAME_LIMIT
_KEY_LENGTH = 63
QUEUE_LABEL = names.QUEUE_LABEL


def initialize_manifest(
    conversion: Conversion,
    source_name: str | None,
    path: str,
    stem: str,
    made_name: str | None = None,
) -> dict[str, Any]:
    """Set everything but the spec of the SweepJob object.

    Args:
        conversion: receives the object.
        source_name: the name in the file; None without one.
        path: its path.
        stem: the name if there is no other.
        made_name: the name of the object, unless an option has one; that of the source by default.

    Returns:
        The metadata, for further changes.
    """
    options = conversion.options
    source = options.name or source_name or stem
    name = _dns(source) if made_name is None or options.name else made_name
    conversion.is_named = conversion.is_named or options.name is not None
    # The Python client makes up a name each time that such a sweep is submitted.
    is_final = conversion.is_named or not options.is_lazy
    if options.name is None and name != source_name and is_final:
        section = conversion.section({}, "")
        why = "names of Kubernetes objects have small letters, digits and -"
        if source_name is None:
            why = "the file has no name; --name gives one"
        section.note(path, source_name, f"the SweepJob is named {name}: {why}")
    metadata: dict[str, Any] = {"name": name}
    if options.namespace:
        metadata["namespace"] = options.namespace
    conversion.manifest |= {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPJOB,
        "metadata": metadata,
    }
    return metadata


def label_queue(conversion: Conversion) -> None:
    """Set the label of the Kueue queue: that of the option, or of the compute target in the map."""
    if queue := conversion.options.queue or conversion.queue:
        conversion.manifest["metadata"].setdefault("labels", {})[QUEUE_LABEL] = queue


def annotate(metadata: dict[str, Any], key: str, value: str | None) -> None:
    """Add a text as an annotation, unless it is None."""
    if value is not None:
        metadata.setdefault("annotations", {})[key] = value


def annotate_map(section: Section, key: str, metadata: dict[str, Any]) -> None:
    """Convert tags or properties to annotations.

    Args:
        section: the section that has them.
        key: ``tags`` or ``properties``.
        metadata: receives the annotations.
    """
    value = section.read(key)
    if value is None:
        return
    if not isinstance(value, Mapping):
        section.reject(key, value, "must be an object with keys and values")
        return
    for name, kept in annotation_names(value).items():
        text = value[name]
        annotate(metadata, f"{key}.{names.GROUP}/{kept}", "" if text is None else str(text))
    if value:
        section.note(key, value, f"kept as annotations {key}.{names.GROUP}/...")


def annotation_names(keys: Iterable[Any]) -> dict[Any, str]:
    """Return a valid name of an annotation for each key; two keys never get the same.

    >>> annotation_names(["a b", "a-b"])
    {'a b': 'a-b', 'a-b': 'a-b-2'}
    """
    found: dict[Any, str] = {}
    for key in keys:
        text = re.sub(r"[^A-Za-z0-9_.-]", "-", str(key))[:_KEY_LENGTH].strip("-_.") or "unnamed"
        name, number = text, 1
        while name in found.values():
            number += 1
            name = f"{text[: _KEY_LENGTH - len(str(number)) - 1]}-{number}"
        found[key] = name
    return found


def step_names(base: str, steps: Iterable[str]) -> dict[str, str]:
    """Return the name of the SweepJob of each sweep step of a pipeline; two never get the same.

    The step's own name is kept where the whole is too long.

    >>> step_names("a pipeline", ["tune", "tune_more"])
    {'tune': 'a-pipeline-tune', 'tune_more': 'a-pipeline-tune-more'}

    Args:
        base: name of the pipeline.
        steps: names of the steps.
    """
    found: dict[str, str] = {}
    for step in steps:
        own = re.sub(r"[^a-z0-9]+", "-", step.lower()).strip("-")
        start = re.sub(r"[^a-z0-9]+", "-", base.lower())[: max(8, _NAME_LENGTH - len(own) - 1)]
        text = name = _dns(f"{start}-{own}")
        number = 1
        while name in found.values():
            number += 1
            name = f"{text[: _NAME_LENGTH - len(str(number)) - 1]}-{number}"
        found[step] = name
    return found


def _dns(text: str) -> str:
    """Return a valid name of a Kubernetes object for a text."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_NAME_LENGTH].strip("-")
    return name if name and not name[0].isdigit() else f"sweep-{name}".strip("-")[:_NAME_LENGTH]
