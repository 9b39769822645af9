"""The types of notifications."""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """What a notification is about; the values of ``events`` in a spec and in the chart."""

    STARTED = "started"
    NEW_BEST = "new_best"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUSED = "refused"
    NEEDS_ATTENTION = "needs_attention"
    RECOVERED = "recovered"
    SUSPENDED = "suspended"
    RESUMED = "resumed"


DEFAULT_EVENTS = (
    EventType.NEW_BEST,
    EventType.COMPLETED,
    EventType.FAILED,
    EventType.REFUSED,
    EventType.NEEDS_ATTENTION,
    EventType.RECOVERED,
)
