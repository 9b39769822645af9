"""Who is notified of what happens to a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..api.spec.notifications import parse_target
from .arguments import ArgumentError, check, present
from .attributes import KnownAttributes


@dataclass
class Notification(KnownAttributes):
    """A receiver of notifications, and the events that it gets.

    Args:
        receiver: Name of a receiver that the operator's administrator has set up.
        url: An address that the administrator allows, in place of a receiver.
        events: Some of ``started``, ``new_best``, ``completed``, ``failed``, ``refused``,
            ``needs_attention``, ``recovered``, ``suspended`` and ``resumed``; the receiver's by default.
        format: ``cloudevents`` (the default), ``slack`` or ``teams``; for a URL.

    Raises:
        ArgumentError: Neither or both of receiver and URL are given, or an argument is invalid.
    """

    receiver: str | None = None
    url: str | None = None
    events: Sequence[str] | None = None
    format: str | None = None

    def __post_init__(self) -> None:
        check("Notification", self.to_spec(), parse_target)

    def to_spec(self) -> dict[str, Any]:
        """Return the receiver in the form of a SweepJob."""
        events = None if self.events is None else list(map(str, self.events))
        given = {"receiver": self.receiver, "url": self.url, "format": self.format}
        return present(**given, events=events)

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Notification:
        """Return the receiver of a SweepJob."""
        return cls(**spec)


def as_notification(given: Any) -> Notification:
    """Return a receiver: a ``Notification``, or the name of a receiver.

    Raises:
        ArgumentError: it is of another type.
    """
    if isinstance(given, str):
        return Notification(given)
    if not isinstance(given, Notification):
        raise ArgumentError(
            f"notifications: {given!r}: must be the name of a receiver, or a Notification"
        )
    return given
