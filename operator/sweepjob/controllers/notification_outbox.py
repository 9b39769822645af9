"""Adds notifications to a status that is about to be written, and says which cannot be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.meta.cause import Cause
from ..api.notifications.content import notification_data
from ..api.notifications.event_type import EventType
from ..api.notifications.outbox import Delivery, Outbox, dump_outbox, load_outbox
from ..api.notifications.transitions import attention_due, find_transitions
from ..notifications.subscriptions import Subscription, wanted_events
from ..timestamps import format_time


@dataclass(frozen=True, slots=True)
class OutboxInput:
    """The inputs of the outbox of a sweep besides its status.

    Attributes:
        name: name of the sweep.
        objective: ``spec.objective``, or the first one of several.
        subscriptions: the sweep's receivers, by their ids.
        deliveries: what was delivered to them.
        ended_best: the best trial if it has ended; empty otherwise.
        now: seconds since the epoch.
        is_crd_outdated: the API server drops the outbox, since its CRD is of an earlier version.
    """

    name: str
    objective: Mapping[str, Any]
    subscriptions: Mapping[str, Subscription]
    deliveries: Mapping[str, Delivery]
    ended_best: str
    now: float
    is_crd_outdated: bool = False


def with_notifications(
    given: OutboxInput, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a status with its outbox, and with a condition if something is not delivered.

    Args:
        given: the receivers, and what they have got.
        before: the status as it is recorded, in the version that the write has as its precondition.
        after: the status that is about to be written; a part of it where only deliveries are recorded.
    """
    box = load_outbox(before.get("notifications"))
    if box is None and not given.subscriptions:
        return dict(after)
    wanted = wanted_events(given.subscriptions)
    if box is None:  # what was so before there was a receiver is not news
        box = Outbox(best=str((before.get("best") or {}).get("trial") or ""))
    box = box.with_receivers(wanted).acknowledged(given.deliveries, wanted)
    whole = {**before, **after}
    found, box = find_transitions(before, whole, box, given.ended_best, given.now)
    added = []
    for happened in found:
        subject = given.ended_best if happened.type is EventType.NEW_BEST else given.name
        content = notification_data(happened, whole, given.objective)
        added.append((happened.type, format_time(given.now), subject, content))
    box = box.appended(added, wanted)
    conditions = _conditions(given, box, before, whole.get("conditions") or ())
    return {**after, "conditions": conditions, "notifications": dump_outbox(box)}


def outbox_due(status: Mapping[str, Any], now: float) -> float | None:
    """Return when the outbox of a status changes without an event; None if it does not.

    Args:
        status: the status that was written.
        now: seconds since the epoch.
    """
    box = load_outbox(status.get("notifications"))
    due = None if box is None else attention_due(status, box)
    return due if due is not None and due > now else None


def _conditions(
    given: OutboxInput, box: Outbox, before: Mapping[str, Any], conditions: Any
) -> list[dict[str, Any]]:
    others = [dict(c) for c in conditions if c["type"] != names.UNDELIVERED]
    cause = _undelivered(given, box)
    if cause is None:
        return others
    was = next((c for c in before.get("conditions") or () if c["type"] == names.UNDELIVERED), None)
    since = format_time(given.now) if was is None else was["lastTransitionTime"]
    generation = next((c.get("observedGeneration") for c in others), None)
    own = {
        "type": names.UNDELIVERED,
        "status": "True",
        "reason": cause.reason,
        "message": cause.message,
        "observedGeneration": generation,
        "lastTransitionTime": since,
    }
    return [*others, {key: value for key, value in own.items() if value is not None}]


def _undelivered(given: OutboxInput, box: Outbox) -> Cause | None:
    """Return why notifications are not delivered: what fails now first, then what was given up."""
    if given.is_crd_outdated:
        text = (
            "no notifications are sent: the CRD of SweepJobs is of an earlier version than the "
            "operator and drops their outbox; upgrade the CRDs"
        )
        return Cause(names.REASON_CRD_OUTDATED, text)
    for state in box.receivers:
        if state.failure and box.next_for(
            state.id, 0, given.subscriptions[state.id].receiver.events
        ):
            text = f"notifications wait for receiver {state.id}: {state.failure}"
            return Cause(names.REASON_DELIVERY_FAILED, text)
    lost = [f"{state.lost} to receiver {state.id}" for state in box.receivers if state.lost]
    if not lost:
        return None
    text = f"notifications were given up: {', '.join(lost)}; the operator's log says why"
    return Cause(names.REASON_NOTIFICATIONS_LOST, text)
