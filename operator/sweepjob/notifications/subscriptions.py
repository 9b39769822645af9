"""Which receivers a sweep notifies, and whether it may."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..api.notifications.event_type import DEFAULT_EVENTS, EventType
from ..api.spec.notification_url import is_within, parse_url
from ..api.spec.notifications import NotificationTarget
from .receivers import NotificationSettings, Receiver


@dataclass(frozen=True, slots=True)
class Subscription:
    """A receiver of a sweep.

    Attributes:
        receiver: the receiver, with the events that this sweep sends to it.
        problem: why nothing can be sent; empty if it can.
    """

    receiver: Receiver
    problem: str = ""


def subscriptions(
    targets: Sequence[NotificationTarget], namespace: str, settings: NotificationSettings
) -> dict[str, Subscription]:
    """Return the receivers of a sweep by their ids: the chart's for every sweep, and its own.

    Args:
        targets: ``spec.notifications``.
        namespace: the namespace of the sweep.
        settings: the chart's values.
    """
    found = {
        receiver.id: Subscription(receiver)
        for receiver in settings.receivers.values()
        if receiver.every_sweep and _serves(receiver, namespace)
    }
    for target in targets:
        own = _of_url(target, settings) if target.url else _of_name(target, namespace, settings)
        before = found.get(own.receiver.id)
        if before is not None:
            events = before.receiver.events | own.receiver.events
            own = replace(own, receiver=replace(own.receiver, events=events))
        found[own.receiver.id] = own
    return found


def wanted_events(found: Mapping[str, Subscription]) -> dict[str, frozenset[EventType]]:
    """Return the events of each receiver, by its id."""
    return {name: subscription.receiver.events for name, subscription in found.items()}


def _serves(receiver: Receiver, namespace: str) -> bool:
    return not receiver.namespaces or namespace in receiver.namespaces


def _of_name(
    target: NotificationTarget, namespace: str, settings: NotificationSettings
) -> Subscription:
    known = settings.receivers.get(target.receiver)
    if known is None or not _serves(known, namespace):
        names = sorted(r.id for r in settings.receivers.values() if _serves(r, namespace))
        listed = f"receivers for namespace {namespace}: {', '.join(names) or 'none'}"
        missing = Receiver(target.receiver, events=frozenset(target.events or DEFAULT_EVENTS))
        remedy = f"the chart's values have no such receiver; {listed}"
        return Subscription(missing, remedy)
    if target.events is None:
        return Subscription(known)
    return Subscription(replace(known, events=frozenset(target.events)))


def _of_url(target: NotificationTarget, settings: NotificationSettings) -> Subscription:
    digest = hashlib.sha256(target.url.encode()).hexdigest()[:10]
    parts = parse_url(target.url)
    receiver = Receiver(
        id=f"{parts.host if parts else 'url'}#{digest}",
        url=target.url,
        events=frozenset(target.events or DEFAULT_EVENTS),
        format=target.format,
        is_of_sweep=True,
    )
    if not any(is_within(target.url, allowed) for allowed in settings.allowed_urls):
        remedy = (
            "the chart's values do not allow this URL (notifications.allowedUrls); ask whoever "
            "runs the operator, or use one of its receivers"
        )
        return Subscription(receiver, remedy)
    return Subscription(receiver)
