"""Drops the fields of an object whose types differ from its schema.

A schema is a dict (an object with these keys, and any others), a list with one schema (of all its items),
or a ``FieldType``. Nothing raises, and nothing is read deeper than the schema goes. Schemas are compiled
into functions, since the pod of each trial is read several times.

Written by hand: jsonschema and pydantic refuse an object as a whole where one field has a wrong type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
# Returns a value without the fields of a wrong type; None if the value itself has a wrong type.
Coercion = Callable[[Any], Any]


def compile_schema(schema: Schema) -> Coercion:
    """Return the function that makes a value of any type match a schema.

    Args:
        schema: the schema.
    """
    if isinstance(schema, Mapping):
        return _object_coercion(schema)
    if isinstance(schema, list):
        return _list_coercion(compile_schema(schema[0]))
    return _COERCIONS[schema]


def schema_fields(schema: Schema) -> Any:
    """Return the fields of a schema, as ``kube.decoding.FieldSelection`` takes them."""
    if isinstance(schema, Mapping):
        return {key: schema_fields(inner) for key, inner in schema.items()}
    if isinstance(schema, list):
        return [schema_fields(schema[0])]
    return {} if schema is FieldType.QUANTITIES else None


def _object_coercion(schema: Mapping[str, Any]) -> Coercion:
    fields = [(key, compile_schema(inner)) for key, inner in schema.items()]
    # What a key without a value, or with one of a wrong type, has; the others are left out.
    defaults: Mapping[Any, Any] = {FieldType.NAME: "", FieldType.QUANTITIES: {}}
    required = {
        key: defaults[inner]
        for key, inner in schema.items()
        if isinstance(inner, FieldType) and inner in defaults
    }

    def coerce(value: Any) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        found = {**required, **value}
        for key, inner in fields:
            if key in found:
                kept = inner(found[key])
                if kept is not None:
                    found[key] = kept
                elif key in required:
                    found[key] = required[key]
                else:
                    del found[key]
        return found

    return coerce


def _list_coercion(inner: Coercion) -> Coercion:
    def coerce(value: Any) -> list[Any] | None:
        if not isinstance(value, list):
            return None
        return [item for item in map(inner, value) if item is not None]

    return coerce


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _quantities(value: Any) -> dict[str, Any]:
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {key: inner for key, inner in pairs if _is_quantity(inner)}


def _is_quantity(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


_COERCIONS: Mapping[FieldType, Coercion] = {
    FieldType.TEXT: _text,
    FieldType.NAME: _text,
    FieldType.WHOLE: _whole,
    FieldType.FLAG: _flag,
    FieldType.QUANTITIES: _quantities,
}


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
        (names.COMPLETION_INDEX, names.ANNOTATION_AUTHORITIES, names.ANNOTATION_BUDGET),
        FieldType.TEXT,
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

coerce_pod = compile_schema(POD_SCHEMA)
coerce_job = compile_schema(JOB_SCHEMA)
coerce_object = compile_schema(OBJECT_SCHEMA)
