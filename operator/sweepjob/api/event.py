"""Kubernetes Events, named after what they say: posting one twice is a conflict, not a second event."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from . import names
from .times import format_time


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about one object."""

    kind: str
    namespace: str
    name: str
    uid: str
    reason: str
    message: str
    warning: bool = False


def event_manifest(said: NewEvent, now: float) -> dict[str, Any]:
    key = f"{said.uid}/{said.reason}/{said.message}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{said.name}.{hashlib.sha256(key.encode()).hexdigest()[:16]}",
            "namespace": said.namespace,
        },
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": said.kind,
            "namespace": said.namespace,
            "name": said.name,
            "uid": said.uid,
        },
        "reason": said.reason,
        "message": said.message[:1024],
        "type": "Warning" if said.warning else "Normal",
        "source": {"component": "sweepjob-operator"},
        "firstTimestamp": format_time(now),
        "lastTimestamp": format_time(now),
        "count": 1,
    }
