"""Drops the fields of an object whose types differ from its schema.

A schema is a dict (an object with these keys, and any others), a list with one schema (of all its items),
or a ``FieldType``. Nothing raises, and nothing is read deeper than the schema goes.

Written by hand: jsonschema and pydantic refuse an object as a whole where one field has a wrong type.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from ..api import names


class FieldType(Enum):
    """The type of a value that is neither an object nor a list."""

    TEXT = auto()
    NAME = auto()  # a string; an empty one where it is missing
    WHOLE = auto()
    FLAG = auto()
    QUANTITIES = auto()  # an object whose values are strings or numbers


Schema = FieldType | Mapping[str, Any] | list[Any]
_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.TEXT: (str,),
    FieldType.NAME: (str,),
    FieldType.WHOLE: (int,),
    FieldType.FLAG: (bool,),
}
_VALUES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.QUANTITIES: (str, int, float),
}


def coerce(value: Any, schema: Schema) -> Any:
    """Return a value without the fields of a wrong type; None if the value itself has a wrong type.

    Args:
        value: the value, of any type.
        schema: the schema that it should match.
    """
    if isinstance(schema, Mapping):
        return _object(value, schema) if isinstance(value, Mapping) else None
    if isinstance(schema, list):
        if not isinstance(value, list):
            return None
        items = (coerce(item, schema[0]) for item in value)
        return [item for item in items if item is not None]
    if schema in _VALUES:
        pairs = value.items() if isinstance(value, Mapping) else ()
        return {key: inner for key, inner in pairs if _is_of(inner, _VALUES[schema])}
    return value if _is_of(value, _TYPES[schema]) else None


def schema_fields(schema: Schema) -> Any:
    """Return the fields of a schema, as ``kube.decoding.FieldSelection`` takes them."""
    if isinstance(schema, Mapping):
        return {key: schema_fields(inner) for key, inner in schema.items()}
    if isinstance(schema, list):
        return [schema_fields(schema[0])]
    return {} if schema is FieldType.QUANTITIES else None


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    """Return whether a value is of one of these types; a boolean is not a number."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _object(value: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(value)
    for key, inner in schema.items():
        kept = coerce(found.get(key), inner)
        if kept is not None:
            found[key] = kept
        elif inner is FieldType.NAME:
            found[key] = ""
        else:
            found.pop(key, None)
    return found


_META = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion"), FieldType.NAME),
    **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), FieldType.TEXT),
    "deletionGracePeriodSeconds": FieldType.WHOLE,
    "labels": dict.fromkeys(
        (
            *(names.LABEL_SWEEP, names.LABEL_TRIAL, names.LABEL_ATTEMPT, names.LABEL_TRIAL_UID),
            *(names.COMPLETION_INDEX, names.LABEL_REPORTS, *names.REPLICA_INDICES),
        ),
        FieldType.TEXT,
    ),
    "annotations": dict.fromkeys(
        (names.COMPLETION_INDEX, names.ANNOTATION_AUTHORITIES), FieldType.TEXT
    ),
    "ownerReferences": [dict.fromkeys(("uid", "kind", "name", "apiVersion"), FieldType.NAME)],
}
_CONDITIONS = [
    {
        **dict.fromkeys(("type", "status"), FieldType.NAME),
        **dict.fromkeys(("reason", "message", "lastTransitionTime"), FieldType.TEXT),
    }
]
_TIMES = dict.fromkeys(("startedAt", "finishedAt", "reason", "message"), FieldType.TEXT)
_STATE = {
    "running": _TIMES,
    "waiting": _TIMES,
    "terminated": {**_TIMES, "exitCode": FieldType.WHOLE},
}
_STATUSES = [
    {"name": FieldType.NAME, "image": FieldType.TEXT, "state": _STATE, "lastState": _STATE}
]
_RESOURCES = dict.fromkeys(("requests", "limits"), FieldType.QUANTITIES)
_CONTAINERS = [
    {
        "name": FieldType.NAME,
        "resources": _RESOURCES,
        "restartPolicy": FieldType.TEXT,
        "restartPolicyRules": [{"action": FieldType.TEXT}],
    },
]
_CLAIM = dict.fromkeys(("name", "resourceClaimName", "resourceClaimTemplateName"), FieldType.TEXT)

POD_SCHEMA: Schema = {
    "metadata": _META,
    "spec": {
        "containers": _CONTAINERS,
        "initContainers": _CONTAINERS,
        "resourceClaims": [_CLAIM],
        "resources": _RESOURCES,
        "overhead": FieldType.QUANTITIES,
        "nodeName": FieldType.TEXT,
        "priority": FieldType.WHOLE,
    },
    "status": {
        **dict.fromkeys(("phase", "reason", "message", "startTime"), FieldType.TEXT),
        "conditions": _CONDITIONS,
        "containerStatuses": _STATUSES,
        "initContainerStatuses": _STATUSES,
    },
}
JOB_SCHEMA: Schema = {
    "metadata": _META,
    "spec": {"suspend": FieldType.FLAG, "completions": FieldType.WHOLE},
    "status": {"startTime": FieldType.TEXT, "conditions": _CONDITIONS},
}
# Of an object of any kind; its status is whatever its controller writes.
OBJECT_SCHEMA: Schema = {
    "metadata": _META,
    "spec": {"suspend": FieldType.FLAG, "runPolicy": {"suspend": FieldType.FLAG}},
    "status": {},
}
