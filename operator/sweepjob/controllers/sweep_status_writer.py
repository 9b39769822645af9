"""Writes of a sweep's status: how far it is, or why it has not begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..api import names
from ..api.event import NewEvent
from ..api.status import Condition, SweepStatus, dump_status, is_urgent, patch_changes
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from . import sweep_log
from .caches import Key
from .event_recorder import EventRecorder
from .rights import message_for_denied
from .sweep_entry import SweepEntry, is_older
from .sweep_store import SweepState


class StatusWriter:
    """Only what differs is written, and what differs in numbers alone not too often.

    Args:
        interval: tells the seconds between two such writes of a sweep.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        announcer: EventRecorder,
        interval: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._announcer = announcer
        self._interval = interval
        self._clock = clock

    async def report(self, sweep: SweepEntry, state: SweepState, seen: SweepStatus) -> float | None:
        """Write the sweep's status if it changed; returns when it is due otherwise."""
        now = self._clock()
        new = dump_status(seen, state.status, now)
        if not patch_changes(new, state.status):
            return None
        due = state.status_written + self._interval()
        if now < due and not is_urgent(new, state.status):
            return due
        written = await self._write(sweep, new)
        before, state.status = state.status, dict(written.get("status") or {})
        if new.get("reason"):
            # A CRD from before an upgrade drops it, and it would be written again and again.
            state.status.setdefault("reason", new["reason"])
        state.status_written = now
        self._announcer.transitions(state, before)
        sweep_log.log_transitions(state, before)
        return None

    async def unaccepted(
        self, key: Key, sweep: SweepEntry, phase: str, reason: str, text: str
    ) -> None:
        """Say why a spec is not worked on: in the status, and by an event if that is news."""
        status = dict(sweep.body.get("status") or {})
        waits = reason in (names.REASON_WARM_START_PENDING, names.REASON_NOT_PERMITTED)
        conditions = (
            Condition(names.ACCEPTED, False, reason, text),
            Condition(names.RECONCILING if waits else names.STALLED, True, reason, text),
        )
        seen = SweepStatus(sweep.body["metadata"]["generation"], phase, conditions, reason=reason)
        new = dump_status(seen, status, self._clock())
        if patch_changes(new, status):
            self.warn(key, sweep, reason, text)
            sweep_log.log_refused(*key, reason, text)
            await self._write(sweep, new)

    def warn(self, key: Key, sweep: SweepEntry, reason: str, text: str) -> None:
        """By an event alone."""
        uid = sweep.body["metadata"]["uid"]
        said = NewEvent(names.SWEEPJOB, *key, uid, reason, text, warning=True)
        self._announcer.announce(said)

    async def _write(self, sweep: SweepEntry, new: dict[str, Any]) -> dict[str, Any]:
        """Merge into the status of this very SweepJob, which people may have changed meanwhile; one
        that was created since under its name is another, and stays as it is.
        """
        meta = sweep.body["metadata"]
        about = (meta["namespace"], meta["name"])
        key = (resources.SWEEPJOBS, *about)
        low = Priority.BOOKKEEPING
        try:
            written = await self._api.patch_status(*key, meta["resourceVersion"], new, low)
        except errors.Conflict:
            found = await self._api.get(*key)
            if found["metadata"]["uid"] != meta["uid"]:
                raise errors.NotFound(f"sweepjobs '{key[2]}' is another one now") from None
            version = found["metadata"]["resourceVersion"]
            written = await self._api.patch_status(*key, version, new, low)
        except errors.NotPermitted as error:
            # The status cannot say it, so an event does.
            text = message_for_denied(error.denied)
            self.warn(about, sweep, names.REASON_NOT_PERMITTED, text)
            raise
        if not is_older(written, sweep.body):
            sweep.body = written
        return written
