"""``spec.notifications``: who is notified of what happens to a sweep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..notifications.event_type import DEFAULT_EVENTS, EventType
from ..parsing.reader import Reader
from .notification_url import url_problem

FORMATS = ("cloudevents", "slack", "teams")
_MOST = 10  # receivers of a sweep
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class NotificationTarget:
    """One entry: a receiver of the chart, or a URL.

    Attributes:
        receiver: name of a receiver in the chart's values; empty for a URL.
        url: an address that the chart's values allow; empty for a name.
        events: the events to send; None for those of the receiver.
        format: the form of the body, for a URL.
    """

    receiver: str
    url: str
    events: tuple[EventType, ...] | None
    format: str


def parse_notifications(found: Any, reader: Reader) -> tuple[NotificationTarget, ...]:
    """Read ``spec.notifications``; problems are added to the reader's.

    Args:
        found: the value of the key.
        reader: the reader of ``spec``.
    """
    if not isinstance(found, list):
        reader.note("notifications", found, "must be a list of receivers, e.g. [{receiver: team}]")
        return ()
    reader.bounded("notifications", found, _MOST)
    targets: list[NotificationTarget] = []
    for position, entry in enumerate(found[:_MOST]):
        path = f"{reader.path}.notifications[{position}]"
        target = parse_target(Reader(entry, path, reader.problems))
        if any((target.receiver, target.url) == (t.receiver, t.url) for t in targets):
            reader.note(
                f"notifications[{position}]",
                target.receiver or target.url,
                "is listed twice; put all events into one entry",
            )
        targets.append(target)
    return tuple(targets)


def parse_target(reader: Reader) -> NotificationTarget:
    """Read one entry; problems are added to the reader's."""
    reader.known(("receiver", "url", "events", "format"))
    given = [key for key in ("receiver", "url") if key in reader.data]
    if len(given) != 1:
        reader.note("", dict(reader.data), "must have either receiver or url")
    receiver = reader.text("receiver") if "receiver" in reader.data else ""
    if receiver and not _NAME.fullmatch(receiver):
        reader.note("receiver", receiver, "must be the name of a receiver: a-z, 0-9 and -")
    url = reader.text("url") if "url" in reader.data else ""
    if url and (problem := url_problem(url)):
        reader.note("url", url, problem)
    if "format" in reader.data and not url:
        reader.note("format", reader.data["format"], "belongs to url; remove it")
    return NotificationTarget(
        receiver, url, _events(reader), reader.word("format", FORMATS, FORMATS[0])
    )


def _events(reader: Reader) -> tuple[EventType, ...] | None:
    if "events" not in reader.data:
        return None
    found = reader.data["events"]
    known = ", ".join(EventType)
    if not isinstance(found, list) or not found:
        reader.note("events", found, f"must be a list of events; known: {known}")
        return DEFAULT_EVENTS
    reader.bounded("events", found, len(EventType))
    for position, name in enumerate(found):
        if name not in tuple(EventType):
            reader.note(f"events[{position}]", name, f"unknown; known: {known}")
        elif name in found[:position]:
            reader.note(f"events[{position}]", name, "is listed twice; remove one")
    return tuple(EventType(name) for name in found if name in tuple(EventType))
