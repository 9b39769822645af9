"""The shapes that objects in a folder have, as the CRDs demand them on a cluster.

A folder may come from somebody else, or have been edited. Whatever reads its objects relies on these
types, as it may on a cluster, where the API server has checked them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A type, or several; a mapping of keys, those with ? optional, or of * for any key; a list of one shape.
Shape = type | tuple[type, ...] | Mapping[str, Any] | list[Any]

_META = {
    **dict.fromkeys(("name", "namespace", "resourceVersion", "creationTimestamp"), str),
    "uid?": str,
    "generation?": int,
    "labels?": {"*": str},
    "annotations?": {"*": str},
    "ownerReferences?": [{"uid": str}],
}
_CONDITION = {
    **dict.fromkeys(("type", "status"), str),
    **dict.fromkeys(("reason?", "message?", "lastTransitionTime?"), str),
}
_OBJECTIVE = {"goal": str, "primaryMetric": str}
_TIMES = dict.fromkeys(("startTime?", "completionTime?"), str)
SHAPES: Mapping[str, Shape] = {
    "sweepjobs": {
        "metadata": _META,
        "spec": {
            "objective?": _OBJECTIVE,
            "objectives?": [_OBJECTIVE],
            "constraints?": [{"metric": str, "max?": (int, float), "min?": (int, float)}],
            "searchSpace": {"*": dict},
            "limits": {"maxTotalTrials": int},
            "samplingAlgorithm?": {"type?": str},
            "earlyTermination?": {"type?": str},
            "metrics?": {"source?": str},
            "trial": dict,
        },
        "status?": {
            **_TIMES,
            **dict.fromkeys(("phase?", "reason?", "progress?"), str),
            "conditions?": [_CONDITION],
            "trials?": {"*": int},
            "best?": {"trial?": str, "value?": str, "parameters?": {"*": str}},
            "gpuSeconds?": {"*": (int, float, str, dict)},
            "pareto?": {"size?": int, "omitted?": int},
            "results?": {"*": int},
            "warmStart?": [{"sweep": str, "uid": str, "trials": int}],
            "warmStartResults?": [{"configMap": str, "key": str, "sha256": str, "trials": int}],
        },
    },
    "sweeptrials": {
        "metadata": _META,
        "spec": {"sweep": str, "index": int, "parameters?": {"*": str}},
        "status?": {
            **_TIMES,
            **dict.fromkeys(("phase?", "reason?", "message?", "job?", "code?", "retryAt?"), str),
            **dict.fromkeys(("attempt?", "failures?", "disruptions?"), int),
            "curve?": dict,
            "values?": dict,
            "stop?": dict,
            "conditions?": [_CONDITION],
            "executions?": [dict],
            "logs?": dict,
            "pods?": [dict],
            "metricsSeen?": [str],
            "logSamples?": [str],
            "gpuSeconds?": dict,
        },
    },
    "jobs": {"metadata": _META, "spec": dict, "status?": dict},
    "pods": {"metadata": _META, "spec": {"containers": [{"name": str}]}, "status?": dict},
    "configmaps": {"metadata": {"name": str}},
}


def find_mismatch(value: Any, shape: Shape, path: str = "") -> str:
    """Return the first error in the shape of an object, with its path; empty if there is none.

    Args:
        value: the object, or a part of it.
        shape: the shape that it should have.
        path: where the part is.
    """
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{path} is no list"
        parts = ((item, shape[0], f"{path}[{n}]") for n, item in enumerate(value))
    elif isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{path or 'it'} is no object"
        parts = _parts(value, shape, path)
    else:
        return "" if _is_of(value, shape) else f"{path} is missing, or of another type"
    return next((found for part in parts if (found := find_mismatch(*part))), "")


def _parts(value: dict[str, Any], shape: Mapping[str, Any], path: str) -> Any:
    if "*" in shape:
        return ((item, shape["*"], f"{path}.{key}") for key, item in value.items())
    return (
        (value.get(key.rstrip("?")), inner, f"{path}.{key.rstrip('?')}".lstrip("."))
        for key, inner in shape.items()
        if not (key.endswith("?") and value.get(key.rstrip("?")) is None)
    )


def _is_of(value: Any, types: type | tuple[type, ...]) -> bool:
    """Return whether a value is of one of these types; a boolean is not a number."""
    return isinstance(value, types) and not isinstance(value, bool)
