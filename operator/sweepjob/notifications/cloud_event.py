"""A notification as a CloudEvent 1.0 in structured mode: one signature covers the whole document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.meta.identity import ObjectIdentity
from ..api.notifications.outbox import Notification

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_TYPE_PREFIX = "dev.sweepjob.sweep."


@dataclass(frozen=True, slots=True)
class SweepNotification:
    """A notification with the sweep that it is about.

    Attributes:
        sweep: the identity of the sweep.
        note: the notification, as in the outbox.
    """

    sweep: ObjectIdentity
    note: Notification

    @property
    def id(self) -> str:
        """The id: the same at every attempt, also after the operator was restarted."""
        return f"{self.sweep.uid}/{self.note.sequence}/{self.note.type.value}"

    def data(self) -> dict[str, Any]:
        """Return the content: the sweep, and what the outbox has."""
        try:
            content = json.loads(self.note.data or "{}")
        except ValueError:
            content = {}
        sweep = {"namespace": self.sweep.namespace, "name": self.sweep.name, "uid": self.sweep.uid}
        return {"sweep": sweep, **(content if isinstance(content, Mapping) else {})}


def cloud_event(notification: SweepNotification) -> dict[str, Any]:
    """Return the CloudEvent.

    Its attribute ``sequence`` is CloudEvents' extension: strings that sort in the order of events.
    """
    sweep, note = notification.sweep, notification.note
    path = f"/apis/{names.API_VERSION}/namespaces/{sweep.namespace}/{names.SWEEPJOBS}/{sweep.name}"
    return {
        "specversion": "1.0",
        "id": notification.id,
        "source": path,
        "type": f"{_TYPE_PREFIX}{note.type.value}",
        "subject": note.subject,
        "time": note.time,
        "datacontenttype": "application/json",
        "sequence": f"{note.sequence:010d}",
        "data": notification.data(),
    }
