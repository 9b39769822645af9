"""Brings an object of unknown content into the shape of its kind: what is of another type counts as
missing.

A shape is a dict (an object with these keys, and any others), a list with one shape (of all its items),
or one of the types below. Nothing raises, and nothing is looked at deeper than the shape goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any


class Leaf(Enum):
    """A value that is no object and no list."""

    TEXT = auto()
    NAME = auto()  # a text that is there in any case, empty if need be
    WHOLE = auto()
    FLAG = auto()
    TEXTS = auto()  # an object whose values are texts
    QUANTITIES = auto()  # an object whose values are texts or numbers


Shape = Leaf | Mapping[str, Any] | list[Any]
_TYPES: Mapping[Leaf, tuple[type, ...]] = {
    Leaf.TEXT: (str,),
    Leaf.NAME: (str,),
    Leaf.WHOLE: (int,),
    Leaf.FLAG: (bool,),
}
_VALUES: Mapping[Leaf, tuple[type, ...]] = {
    Leaf.TEXTS: (str,),
    Leaf.QUANTITIES: (str, int, float),
}


def shaped(value: Any, shape: Shape) -> Any:
    """A value in a shape; None where it is of another type."""
    if isinstance(shape, Mapping):
        return _object(value, shape) if isinstance(value, Mapping) else None
    if isinstance(shape, list):
        if not isinstance(value, list):
            return None
        items = (shaped(item, shape[0]) for item in value)
        return [item for item in items if item is not None]
    if shape in _VALUES:
        pairs = value.items() if isinstance(value, Mapping) else ()
        return {key: inner for key, inner in pairs if _is_of(inner, _VALUES[shape])}
    return value if _is_of(value, _TYPES[shape]) else None


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of these types; a truth value is no number."""
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _object(value: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(value)
    for key, inner in shape.items():
        kept = shaped(found.get(key), inner)
        if kept is not None:
            found[key] = kept
        elif inner is Leaf.NAME:
            found[key] = ""
        else:
            found.pop(key, None)
    return found


_META = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion"), Leaf.NAME),
    **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), Leaf.TEXT),
    "labels": Leaf.TEXTS,
    "ownerReferences": [{"uid": Leaf.NAME}],
}
_CONDITIONS = [
    {
        **dict.fromkeys(("type", "status"), Leaf.NAME),
        **dict.fromkeys(("reason", "message", "lastTransitionTime"), Leaf.TEXT),
    }
]
_TIMES = dict.fromkeys(("startedAt", "finishedAt", "reason", "message"), Leaf.TEXT)
_STATE = {
    "running": _TIMES,
    "waiting": _TIMES,
    "terminated": {**_TIMES, "exitCode": Leaf.WHOLE},
}
_STATUSES = [{"name": Leaf.NAME, "image": Leaf.TEXT, "state": _STATE, "lastState": _STATE}]
_CONTAINERS = [
    {
        "name": Leaf.NAME,
        "resources": dict.fromkeys(("requests", "limits"), Leaf.QUANTITIES),
    },
]
_CLAIM = dict.fromkeys(("name", "resourceClaimName", "resourceClaimTemplateName"), Leaf.TEXT)

POD: Shape = {
    "metadata": _META,
    "spec": {
        "containers": _CONTAINERS,
        "initContainers": _CONTAINERS,
        "resourceClaims": [_CLAIM],
        "nodeName": Leaf.TEXT,
        "priority": Leaf.WHOLE,
    },
    "status": {
        **dict.fromkeys(("phase", "reason", "message", "startTime"), Leaf.TEXT),
        "conditions": _CONDITIONS,
        "containerStatuses": _STATUSES,
        "initContainerStatuses": _STATUSES,
    },
}
JOB: Shape = {
    "metadata": _META,
    "spec": {"suspend": Leaf.FLAG},
    "status": {"startTime": Leaf.TEXT, "conditions": _CONDITIONS},
}
