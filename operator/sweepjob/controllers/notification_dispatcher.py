"""Delivers the notifications in the outboxes of sweeps to their receivers.

Each receiver of each sweep gets one notification after the other. Receivers do not wait for one another.
What was delivered is recorded by the writer of the status; if the operator ends before that, it is
delivered again, with the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..api.meta.identity import ObjectIdentity, ObjectKey
from ..api.notifications.outbox import Delivery, Notification, load_outbox
from ..api.parsing.reader import Reader
from ..api.spec.notifications import NotificationTarget, parse_notifications
from ..kube.workqueue import WorkQueue
from ..notifications.cloud_event import SweepNotification
from ..notifications.http_sender import Sender
from ..notifications.receivers import NotificationSettings
from ..notifications.request import UnusableReceiver, build_request
from ..notifications.response import Outcome, WebhookResponse, pause_after, retry_after_seconds
from ..notifications.subscriptions import Subscription, subscriptions
from ..telemetry import metrics
from ..telemetry.log_format import fields
from ..timestamps import parse_time
from .sweep_registry import SweepEntry, SweepRegistry

_log = logging.getLogger(__name__)
_CONCURRENT = 4  # requests to one receiver at a time
_FAILURES_TO_REPORT = 3  # attempts in a row until the status says that they fail
_FAILURES_TO_PAUSE = 3  # attempts in a row, of any sweeps, until all sweeps wait for the receiver
_MOST_CHANNELS = 1000  # kept at least: sweeps may have ever new URLs
_MOST_DELIVERIES = 1000  # sweeps at least, until the deleted ones among them are forgotten
_REMEMBERED = 3600.0  # seconds for which a receiver that failed is remembered
_PROBLEM_RETRY = 60.0  # seconds until a receiver that cannot be used is looked at again
DeliveryKey = tuple[ObjectKey, str]  # the sweep's, and the receiver's id


@dataclass(slots=True)
class _Channel:
    """What all sweeps know about a receiver.

    Attributes:
        slots: limits the requests at a time.
        failed_in_a_row: attempts that failed in a row.
        paused_until: seconds since the epoch until which nobody tries.
        users: number of deliveries that use it, or wait for it.
    """

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CONCURRENT))
    failed_in_a_row: int = 0
    paused_until: float = 0.0
    users: int = 0

    def is_obsolete(self, now: float) -> bool:
        """Return whether nothing is lost without it."""
        has_recovered = not self.failed_in_a_row or now > self.paused_until + _REMEMBERED
        return not self.users and has_recovered


class NotificationDispatcher:
    """Delivers notifications.

    Args:
        registry: the registry of all sweeps.
        settings: the receivers.
        sender: sends requests.
        requeue_status: called with the key of a sweep whose status is to say what was delivered.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        registry: SweepRegistry,
        settings: NotificationSettings,
        sender: Sender,
        requeue_status: Callable[[ObjectKey], None],
        clock: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._sender = sender
        self._requeue_status = requeue_status
        self._clock = clock
        self._chance = random.Random()
        self._queue: WorkQueue[DeliveryKey] = WorkQueue(self._deliver)
        self._channels: dict[tuple[str, str], _Channel] = {}
        # With the uid of the sweep.
        self._deliveries: dict[ObjectKey, tuple[str, dict[str, Delivery]]] = {}
        self._most_deliveries = _MOST_DELIVERIES
        self._failures: dict[DeliveryKey, int] = {}
        self._waiting: set[DeliveryKey] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self._queue.run()

    @property
    def waiting(self) -> int:
        """The number of sweeps and receivers with notifications that are not delivered."""
        return len(self._waiting)

    def subscriptions(self, entry: SweepEntry) -> dict[str, Subscription]:
        """Return the receivers of a sweep by their ids."""
        namespace = entry.body["metadata"]["namespace"]
        return subscriptions(_targets(entry), namespace, self._settings)

    def deliveries(self, entry: SweepEntry) -> Mapping[str, Delivery]:
        """Return the deliveries for a sweep that its status may not contain yet."""
        key, own = _identity(entry)
        uid, found = self._deliveries.get(key, ("", {}))
        return found if uid == own else {}

    def offer(self, key: ObjectKey) -> None:
        """Deliver what is pending in the recorded status of a sweep."""
        entry = self._registry.get(key)
        box = None if entry is None else load_outbox(_status(entry).get("notifications"))
        if entry is None or box is None:
            return
        if not box.pending:
            self._deliveries.pop(key, None)
            return
        for receiver in self.subscriptions(entry):
            if self._next(entry, receiver) is not None:
                self._waiting.add((key, receiver))
                self._queue.add_after((key, receiver), self._pause_of((key, receiver)))

    def _set_delivery(self, entry: SweepEntry, receiver: str, delivery: Delivery) -> None:
        """Note a delivery, and have the status say so."""
        key, uid = _identity(entry)
        if len(self._deliveries) >= self._most_deliveries:
            self._forget_deleted()
        self._deliveries[key] = (uid, {**self.deliveries(entry), receiver: delivery})
        self._requeue_status(key)

    def _forget_deleted(self) -> None:
        """Forget the deliveries of deleted sweeps, which nobody asks for any more."""
        known = self._deliveries.items()
        self._deliveries = {k: d for k, d in known if self._registry.get(k) is not None}
        # Each look at all of them is paid for by as many new ones.
        self._most_deliveries = max(_MOST_DELIVERIES, 2 * len(self._deliveries))

    def _pause_of(self, key: DeliveryKey) -> float:
        """Return seconds until a receiver is tried: those of its last failure are not shortened."""
        failures = self._failures.get(key, 0)
        return pause_after(failures, self._chance) if failures else 0.0

    def _forget(self, key: DeliveryKey) -> None:
        self._waiting.discard(key)
        self._failures.pop(key, None)

    def _next(self, entry: SweepEntry, receiver: str) -> tuple[Notification, Subscription] | None:
        """Return the next notification for a receiver; None if it has got all."""
        subscription = self.subscriptions(entry).get(receiver)
        box = load_outbox(_status(entry).get("notifications"))
        if subscription is None or box is None:
            return None
        done = self.deliveries(entry).get(receiver, Delivery()).through
        note = box.next_for(receiver, done, subscription.receiver.events)
        return None if note is None else (note, subscription)

    async def _deliver(self, key: DeliveryKey) -> float | None:
        """Deliver the next notification; return seconds until the next one, or the next attempt."""
        entry = self._registry.get(key[0])
        if entry is None:  # it was deleted, with its outbox
            self._deliveries.pop(key[0], None)
        found = None if entry is None else self._next(entry, key[1])
        if entry is None or found is None:
            self._forget(key)
            return None
        note, subscription = found
        now = self._clock()
        if now - (parse_time(note.time) or now) > self._settings.retention:
            return self._give_up(key, entry, note, "it could not be delivered in time", "expired")
        if subscription.problem:
            self._record_failure(key, entry, subscription.problem)
            return _PROBLEM_RETRY
        channel = self._channel(key, subscription)
        channel.users += 1
        try:
            async with channel.slots:
                pause = channel.paused_until - self._clock()
                if pause > 0:
                    return pause
                return await self._attempt(key, entry, note, subscription, channel)
        finally:
            channel.users -= 1

    def _channel(self, key: DeliveryKey, subscription: Subscription) -> _Channel:
        """Return what is known about a receiver; of a URL separately for each namespace."""
        namespace = key[0].namespace if subscription.receiver.is_of_sweep else ""
        if len(self._channels) >= _MOST_CHANNELS and (namespace, key[1]) not in self._channels:
            now, known = self._clock(), self._channels
            self._channels = {k: c for k, c in known.items() if not c.is_obsolete(now)}
        return self._channels.setdefault((namespace, key[1]), _Channel())

    async def _attempt(
        self,
        key: DeliveryKey,
        entry: SweepEntry,
        note: Notification,
        subscription: Subscription,
        channel: _Channel,
    ) -> float | None:
        meta, receiver = entry.body["metadata"], subscription.receiver
        notification = SweepNotification(ObjectIdentity(*key[0], meta["uid"]), note)
        try:
            request = build_request(
                notification, receiver, self._settings.allowed_networks, self._clock()
            )
        except UnusableReceiver as error:
            self._record_failure(key, entry, str(error))
            return _PROBLEM_RETRY
        response = await self._sender.send(request)
        if response.outcome is Outcome.FAILED:
            metrics.NOTIFICATIONS.labels(receiver.label, Outcome.FAILED.value).inc()
            return self._pause(key, entry, response, channel)
        channel.failed_in_a_row, channel.paused_until = 0, 0.0
        if response.outcome is Outcome.REFUSED:
            return self._give_up(key, entry, note, response.describe(), Outcome.REFUSED.value)
        metrics.NOTIFICATIONS.labels(receiver.label, Outcome.DELIVERED.value).inc()
        self._record(key, entry, note.sequence, frozenset())
        return 0.0

    def _pause(
        self, key: DeliveryKey, entry: SweepEntry, response: WebhookResponse, channel: _Channel
    ) -> float:
        """Note a failed attempt; return seconds until the next one."""
        now = self._clock()
        channel.failed_in_a_row += 1
        if channel.failed_in_a_row >= _FAILURES_TO_PAUSE:
            pause = pause_after(channel.failed_in_a_row - _FAILURES_TO_PAUSE + 1, self._chance)
            channel.paused_until = max(channel.paused_until, now + pause)
        asked = retry_after_seconds(response.retry_after, now)
        channel.paused_until = max(channel.paused_until, now + asked)
        self._record_failure(key, entry, response.describe())
        return max(asked, pause_after(self._failures[key], self._chance))

    def _record_failure(self, key: DeliveryKey, entry: SweepEntry, failure: str) -> None:
        """Count a failure; the status says so after some in a row."""
        count = self._failures[key] = self._failures.get(key, 0) + 1
        known = self.deliveries(entry).get(key[1], Delivery())
        if count >= _FAILURES_TO_REPORT and known.failure != failure:
            self._set_delivery(entry, key[1], replace(known, failure=failure))
            _log.warning(
                "notification not delivered", extra=_fields(key, receiver=key[1], failure=failure)
            )

    def _give_up(
        self, key: DeliveryKey, entry: SweepEntry, note: Notification, why: str, outcome: str
    ) -> float:
        subscription = self.subscriptions(entry).get(key[1])
        label = key[1] if subscription is None else subscription.receiver.label
        metrics.NOTIFICATIONS.labels(label, outcome).inc()
        _log.warning(
            "notification given up",
            extra=_fields(key, receiver=key[1], event=note.type.value, failure=why),
        )
        self._record(key, entry, note.sequence, frozenset([note.sequence]))
        return 0.0

    def _record(
        self, key: DeliveryKey, entry: SweepEntry, through: int, given_up: frozenset[int]
    ) -> None:
        """Note that a notification needs no further attempt, and have the status say so."""
        self._failures.pop(key, None)
        known = self.deliveries(entry).get(key[1], Delivery())
        self._set_delivery(entry, key[1], Delivery(through, known.given_up | given_up))


def _identity(entry: SweepEntry) -> tuple[ObjectKey, str]:
    """Return the key and the uid of a sweep."""
    meta = entry.body["metadata"]
    return ObjectKey(meta["namespace"], meta["name"]), meta["uid"]


def _status(entry: SweepEntry) -> Mapping[str, Any]:
    return entry.body.get("status") or {}


def _targets(entry: SweepEntry) -> tuple[NotificationTarget, ...]:
    """Return the receivers that a sweep names; of a spec that is not accepted the readable ones."""
    if entry.sweep is not None:
        return entry.sweep.state.spec.notifications
    spec = entry.body.get("spec")
    found = spec.get("notifications") if isinstance(spec, Mapping) else None
    if not isinstance(found, list):
        return ()
    targets = parse_notifications(found, Reader({}, "spec"))
    return tuple(target for target in targets if target.receiver or target.url)


def _fields(key: DeliveryKey, **more: object) -> dict[str, dict[str, object]]:
    return fields(namespace=key[0].namespace, sweep=key[0].name, **more)
