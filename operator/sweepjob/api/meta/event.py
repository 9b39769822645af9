"""Kubernetes Events. The name is a hash of the content, so creating an event twice is a conflict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ...timestamps import format_time
from .. import names


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about one object.

    Attributes:
        kind, namespace, name, uid: identify the object.
        reason: one word in CamelCase.
        message: cut to the API server's 1,024 characters.
        warning: type ``Warning``; otherwise ``Normal``.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    reason: str
    message: str
    warning: bool = False


def event_manifest(event: NewEvent, now: float) -> dict[str, Any]:
    """Return the Event object.

    Args:
        event: what it reports.
        now: seconds since the epoch.
    """
    key = f"{event.uid}/{event.reason}/{event.message}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{event.name}.{hashlib.sha256(key.encode()).hexdigest()[:16]}",
            "namespace": event.namespace,
        },
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": event.kind,
            "namespace": event.namespace,
            "name": event.name,
            "uid": event.uid,
        },
        "reason": event.reason,
        "message": event.message[:1024],
        "type": "Warning" if event.warning else "Normal",
        "source": {"component": "sweepjob-operator"},
        "firstTimestamp": format_time(now),
        "lastTimestamp": format_time(now),
        "count": 1,
    }
