"""Writes the status of SweepJobs: reconciles that of one sweep at a time."""

from __future__ import annotations

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
from .permissions import ScopedPermission, denied_access_message
from .snapshot_builder import sweep_snapshot
from .state.sweep_store import SweepStore
from .status_builder import build_status
from .sweep_end_jobs import SweepEndJobs
from .sweep_registry import SweepEntry, SweepRegistry, is_older


class SweepStatusWriter:
    """Writes a status when it differs; one that differs only in numbers is written less often.

    Args:
        api: the API server.
        registry: the registry of all sweeps.
        settings: the operator's settings.
        events: records events.
        missing_permissions_for: returns the missing permissions that affect sweeps of a namespace with a
            metrics source.
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
        clock: Callable[[], float],
        end_jobs: SweepEndJobs,
    ) -> None:
        self._api = api
        self._end_jobs = end_jobs
        self._registry = registry
        self._settings = settings
        self._events = events
        self._missing_permissions_for = missing_permissions_for
        self._clock = clock

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Write the status of an active sweep if it changed; forget the state of one that is finished.

        Returns:
            Seconds until it is to be reconciled again; None to wait for an event.

        Raises:
            NotFound: the SweepJob no longer exists.
        """
        entry = self._registry.reconcilable(key)
        sweep = None if entry is None else entry.sweep
        if entry is None or sweep is None:
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
        times = (now if over else due, metric_check_due(sweep.state, now))
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
        new = dump_status(status, written.content, now)
        if not patch_changes(new, written.content):
            return None
        due = written.written_at + self._registry.status_interval()
        if now < due and not is_urgent(new, written.content):
            return due
        answer = await self._write(entry, new)
        content, before = dict(answer.get("status") or {}), sweep.state.written.content
        if new.get("reason"):
            # A CRD of an earlier version drops it: without this it would be written again and again.
            content.setdefault("reason", new["reason"])
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
        if patch_changes(new, status):
            self.warn(key, entry, cause)
            sweep_log.log_refused(*key, *cause)
            await self._write(entry, new)

    def warn(self, key: ObjectKey, entry: SweepEntry, cause: Cause) -> None:
        """Record a warning event about a SweepJob.

        Args:
            key: the key of the sweep.
            entry: the SweepJob.
            cause: reason and message of the event.
        """
        uid = entry.body["metadata"]["uid"]
        self._events.emit(NewEvent(names.SWEEPJOB, *key, uid, *cause, warning=True))

    async def _write(self, entry: SweepEntry, new: Mapping[str, Any]) -> Mapping[str, Any]:
        """Merge a patch into the status of this SweepJob, by uid; its spec may have changed meanwhile.

        Raises:
            NotFound: it no longer exists. A later one with its name is not changed.
        """
        meta = entry.body["metadata"]
        key = ObjectKey(meta["namespace"], meta["name"])
        target, low = (SWEEPJOBS, *key), Priority.LOW
        body = dict(new)
        try:
            written = await self._api.patch_status(*target, meta["resourceVersion"], body, low)
        except errors.Conflict:
            found = await self._api.get(*target)
            if found["metadata"]["uid"] != meta["uid"]:
                raise errors.NotFound(
                    f"sweepjobs '{key.name}' was deleted and created again"
                ) from None
            version = found["metadata"]["resourceVersion"]
            written = await self._api.patch_status(*target, version, body, low)
        except errors.NotPermitted as error:
            # The status cannot say it, so an event does.
            text = denied_access_message(error.denied)
            self.warn(key, entry, Cause(names.REASON_NOT_PERMITTED, text))
            raise
        if not is_older(written, entry.body):
            entry.body = written
        return written
