"""Writes the status of SweepJobs: reconciles that of one sweep at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ..api import names
from ..api.meta.cause import Cause
from ..api.meta.event import NewEvent
from ..api.meta.identity import ObjectKey
from ..api.phases import SweepPhase
from ..api.resources import SWEEPJOBS
from ..api.status import Condition, SweepStatus, dump_status, is_urgent, patch_changes
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from ..lifecycle.planner import is_over
from ..settings import OperatorSettings
from . import sweep_log
from .degraded_condition import metric_check_due
from .event_recorder import EventRecorder
from .notification_dispatcher import NotificationDispatcher
from .notification_outbox import OutboxInput, outbox_due, with_notifications
from .permissions import ScopedPermission, denied_access_message
from .snapshot_builder import sweep_snapshot
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore
from .status_builder import build_status
from .sweep_end_jobs import SweepEndJobs
from .sweep_registry import SweepEntry, SweepRegistry, is_older

_log = logging.getLogger(__name__)


class SweepStatusWriter:
    """Writes a status when it differs; one that differs only in numbers is written less often.

    Args:
        api: the API server.
        registry: the registry of all sweeps.
        settings: the operator's settings.
        events: records events.
        missing_permissions_for: returns the missing permissions that affect sweeps of a namespace with a
            metrics source.
        notifications: delivers the notifications of the status.
        clock: seconds since the epoch.
        end_jobs: creates the Job that an ended sweep may need.
    """

    def __init__(
        self,
        api: KubeClient,
        registry: SweepRegistry,
        settings: OperatorSettings,
        events: EventRecorder,
        missing_permissions_for: Callable[[str, str], list[ScopedPermission]],
        notifications: NotificationDispatcher,
        clock: Callable[[], float],
        end_jobs: SweepEndJobs,
    ) -> None:
        self._api = api
        self._end_jobs = end_jobs
        self._registry = registry
        self._settings = settings
        self._events = events
        self._missing_permissions_for = missing_permissions_for
        self._notifications = notifications
        self._clock = clock
        self._is_crd_outdated = False

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Write the status of an active sweep if it changed; forget the state of one that is finished.

        Returns:
            Seconds until it is to be reconciled again; None to wait for an event.

        Raises:
            NotFound: the SweepJob no longer exists.
        """
        entry = self._registry.reconcilable(key)
        if entry is None:
            return None
        sweep = entry.sweep
        if sweep is None:
            await self._write_deliveries(key, entry)
            return None
        status = self._build(entry, sweep)
        if status.completed is not None:
            await self._end_jobs.create(sweep.state, status)
        due = await self._write_if_changed(entry, sweep, status)
        over = status.completed is not None and entry.sweep is sweep
        if over and self._is_finished(entry, sweep, status.generation):
            entry.sweep = None  # only a new generation of the spec makes it active again
            return None
        # If the written status says that the sweep is over, but it no longer is, reconcile it at once.
        now = self._clock()
        outbox = outbox_due(sweep.state.written.content, now)
        times = (now if over else due, metric_check_due(sweep.state, now), outbox)
        wake = min((when for when in times if when is not None), default=None)
        return None if wake is None else max(0.0, wake - now)

    def _build(self, entry: SweepEntry, sweep: SweepStore) -> SweepStatus:
        now, state = self._clock(), sweep.state
        missing_permissions = self._missing_permissions_for(
            state.namespace, state.spec.metrics.source
        )
        snap = sweep_snapshot(state, self._settings)
        return build_status(state, snap, entry.observed_generation, now, missing_permissions)

    def _is_finished(self, entry: SweepEntry, sweep: SweepStore, generation: int) -> bool:
        """Return whether a sweep whose status said that it has ended is still over."""
        snap = sweep_snapshot(sweep.state, self._settings)
        return is_over(snap, self._clock()) and generation == entry.observed_generation

    async def _write_if_changed(
        self, entry: SweepEntry, sweep: SweepStore, status: SweepStatus
    ) -> float | None:
        """Write the status; return when it is due, in seconds since the epoch, if that is later."""
        now, written = self._clock(), sweep.state.written
        dumped = dump_status(status, written.content, now)
        best = _ended_best(sweep.state)
        new = self._with_outbox(entry, dumped, best)
        if not patch_changes(new, written.content):
            return None
        due = written.written_at + self._registry.status_interval()
        if now < due and not is_urgent(new, written.content):
            return due
        answer = await self._write(entry, dumped, best)
        content, before = dict(answer.get("status") or {}), sweep.state.written.content
        if new.get("reason"):
            # A CRD of an earlier version drops it: without this it would be written again and again.
            content.setdefault("reason", new["reason"])
        if "notifications" in new:
            content.setdefault("notifications", new["notifications"])
        sweep.record_status(content, now)
        self._events.transitions(sweep.state, before)
        sweep_log.log_transitions(sweep.state, before)
        return None

    async def write_not_accepted(
        self, key: ObjectKey, entry: SweepEntry, phase: SweepPhase, cause: Cause
    ) -> None:
        """Write why a spec is not accepted, and record an event if that is news.

        Args:
            key: the key of the sweep.
            entry: the SweepJob.
            phase: ``PENDING`` or ``INVALID``.
            cause: why.

        Raises:
            ApiError: the write failed.
        """
        status = dict(entry.body.get("status") or {})
        waits = phase is SweepPhase.PENDING
        conditions = (
            Condition(names.ACCEPTED, False, *cause),
            Condition(names.RECONCILING if waits else names.STALLED, True, *cause),
        )
        built = SweepStatus(entry.generation, phase, conditions, reason=cause.reason)
        new = dump_status(built, status, self._clock())
        if patch_changes(self._with_outbox(entry, new), status):
            self.warn(key, entry, cause)
            sweep_log.log_refused(*key, *cause)
            await self._write(entry, new)

    async def _write_deliveries(self, key: ObjectKey, entry: SweepEntry) -> None:
        """Write what was delivered for a sweep that is not active."""
        status = entry.body.get("status") or {}
        if "notifications" not in status:
            return
        if not patch_changes(self._with_outbox(entry, {}), status):
            return
        await self._write(entry, {})
        before, after = _undelivered(status), _undelivered(entry.body.get("status") or {})
        if after is not None and (before is None or before.reason != after.reason):
            self.warn(key, entry, after)

    def _with_outbox(
        self, entry: SweepEntry, new: Mapping[str, Any], ended_best: str = ""
    ) -> dict[str, Any]:
        """Return a status that is about to be written, with its notifications.

        What happened is found by comparison with the status as it was last seen. The write has that
        version as its precondition, so that nothing is notified twice or left out.
        """
        spec = entry.body.get("spec") or {}
        objective = spec.get("objective") or next(iter(spec.get("objectives") or ()), None)
        given = OutboxInput(
            name=entry.body["metadata"]["name"],
            objective=objective if isinstance(objective, Mapping) else {},
            subscriptions=self._notifications.subscriptions(entry),
            deliveries=self._notifications.deliveries(entry),
            ended_best=ended_best,
            now=self._clock(),
            is_crd_outdated=self._is_crd_outdated,
        )
        return with_notifications(given, entry.body.get("status") or {}, new)

    def warn(self, key: ObjectKey, entry: SweepEntry, cause: Cause) -> None:
        """Record a warning event about a SweepJob.

        Args:
            key: the key of the sweep.
            entry: the SweepJob.
            cause: reason and message of the event.
        """
        uid = entry.body["metadata"]["uid"]
        self._events.emit(NewEvent(names.SWEEPJOB, *key, uid, *cause, warning=True))

    async def _write(
        self, entry: SweepEntry, new: Mapping[str, Any], ended_best: str = ""
    ) -> Mapping[str, Any]:
        """Merge a patch into the status of this SweepJob, by uid, and deliver its notifications.

        The spec may have changed meanwhile.

        Raises:
            NotFound: it no longer exists. A later one with its name is not changed.
        """
        meta = entry.body["metadata"]
        key = ObjectKey(meta["namespace"], meta["name"])
        target, low = (SWEEPJOBS, *key), Priority.LOW
        body = self._with_outbox(entry, new, ended_best)
        try:
            written = await self._api.patch_status(*target, meta["resourceVersion"], body, low)
        except errors.Conflict:
            found = await self._api.get(*target)
            if found["metadata"]["uid"] != meta["uid"]:
                raise errors.NotFound(
                    f"sweepjobs '{key.name}' was deleted and created again"
                ) from None
            entry.body = found
            version = found["metadata"]["resourceVersion"]
            body = self._with_outbox(entry, new, ended_best)
            written = await self._api.patch_status(*target, version, body, low)
        except errors.NotPermitted as error:
            # The status cannot say it, so an event does.
            text = denied_access_message(error.denied)
            self.warn(key, entry, Cause(names.REASON_NOT_PERMITTED, text))
            raise
        if not is_older(written, entry.body):
            entry.body = written
        self._check_crd(body, written)
        self._notifications.offer(key)
        return written

    def _check_crd(self, sent: Mapping[str, Any], written: Mapping[str, Any]) -> None:
        """Note whether the API server keeps the outbox, which an earlier CRD drops."""
        if "notifications" not in sent:
            return
        was = self._is_crd_outdated
        self._is_crd_outdated = "notifications" not in (written.get("status") or {})
        if self._is_crd_outdated and not was:
            _log.error(
                "no notifications are sent: the CRD of SweepJobs is of an earlier version and drops "
                "status.notifications; upgrade the CRDs"
            )


def _ended_best(state: SweepState) -> str:
    """Return the best trial if it has ended; empty otherwise."""
    best = state.results.best
    return "" if best is None or state.trial(best.trial) is not None else best.trial


def _undelivered(status: Mapping[str, Any]) -> Cause | None:
    found = (c for c in status.get("conditions") or () if c["type"] == names.UNDELIVERED)
    return next((Cause(c["reason"], c["message"]) for c in found), None)
