"""Pods of trials that are found by a label of their kind's controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from ..api.names import trial_of_object
from ..api.spec.trial_kind import TrialKind
from .cached_objects import CachedPod
from .object_schemas import POD_SCHEMA, Coercion, FieldType, Schema, compile_schema
from .pod_group import NO_RANK
from .pod_parsing import owner_reference_of, parse_pod


def pod_schema(kind: TrialKind) -> Schema:
    """Return the fields that are read of the pods of a kind.

    Args:
        kind: a kind with a pod label.
    """
    return _schema_with_labels(_read_labels(kind))


def _read_labels(kind: TrialKind) -> tuple[str, ...]:
    return kind.pod_label, *kind.primary_pod_labels


def _schema_with_labels(labels: tuple[str, ...]) -> Schema:
    assert isinstance(POD_SCHEMA, Mapping)
    meta = POD_SCHEMA["metadata"]
    known = {**meta["labels"], **dict.fromkeys(labels, FieldType.TEXT)}
    return {**POD_SCHEMA, "metadata": {**meta, "labels": known}}


@cache
def _coercion(labels: tuple[str, ...]) -> Coercion:
    return compile_schema(_schema_with_labels(labels))


def parse_kind_pod(body: Mapping[str, Any], kind: TrialKind) -> CachedPod:
    """Read a pod that a label connects with an object of a kind.

    The object's name is that of a trial's attempt. Whether the pod really belongs to the trial is decided
    by its owners.

    Args:
        body: the pod.
        kind: a kind with a pod label.

    Raises:
        ValueError: it has no uid, or no containers.
    """
    pod = parse_pod(body)
    meta = (_coercion(_read_labels(kind))(body) or {})["metadata"]
    labels = meta.get("labels") or {}
    trial, attempt = trial_of_object(str(labels.get(kind.pod_label, "")))
    wanted = kind.primary_pod_labels.items()
    reports = all(labels.get(key) == value for key, value in wanted)
    view = pod.view if reports else replace(pod.view, rank=NO_RANK)
    return replace(
        pod,
        sweep=trial.rpartition("-")[0],
        trial=trial,
        attempt=attempt,
        view=view,
        trial_uid="",
        owner_reference=owner_reference_of(meta),
    )
