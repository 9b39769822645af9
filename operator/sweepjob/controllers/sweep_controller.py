"""Reconciles one sweep at a time: its spec, its slots, its end. Trials are reconciled one by one.

When a SweepJob, a Job or a pod changes, the key of its sweep or trial enters a queue. How the key is
reconciled depends only on the caches and the state, not on the change. A lost event therefore costs only
time, and after a restart reconciliation resumes from the recorded state.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ..api import names
from ..api.meta.cause import Cause
from ..api.meta.identity import ObjectKey
from ..api.phases import SweepPhase
from ..api.resources import SWEEPJOBS
from ..kube import errors
from ..kube.client import KubeClient
from ..lifecycle.planner import end_due, end_reason, is_over
from ..lifecycle.snapshot import SweepSnapshot
from ..settings import OperatorSettings
from ..telemetry import metrics
from .caches import Caches
from .permissions import ScopedPermission, missing_permissions_message
from .proposer import Proposer
from .queues import Queues
from .slot_allocator import fill_slots
from .snapshot_builder import sweep_snapshot
from .spec_admission import SpecAdmission
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore
from .sweep_registry import SweepEntry, SweepRegistry
from .sweep_status_writer import SweepStatusWriter
from .unmanaged_trials import UnmanagedTrials

_CACHE_SYNC_TIMEOUT = 2.0  # seconds until a sweep's status says why it waits for the caches
_DELETED_RETRY = 1.0  # seconds until a sweep that turned out to exist is reconciled again


class SweepController:
    """Reconciles SweepJobs.

    Args:
        api: the API server.
        registry: the registry of all sweeps.
        caches: the caches of records, Jobs and pods.
        queues: the controllers' queues.
        settings: the operator's settings.
        admission: checks specs.
        status_writer: writes the status of SweepJobs.
        missing_permissions_for: returns the missing permissions that affect sweeps of a namespace with a
            metrics source.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        registry: SweepRegistry,
        caches: Caches,
        queues: Queues,
        settings: OperatorSettings,
        admission: SpecAdmission,
        status_writer: SweepStatusWriter,
        missing_permissions_for: Callable[[str, str], list[ScopedPermission]],
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._registry = registry
        self._caches = caches
        self._queues = queues
        self._settings = settings
        self._admission = admission
        self._status = status_writer
        self._missing_permissions_for = missing_permissions_for
        self._clock = clock
        self._proposer = Proposer()
        self._unmanaged = UnmanagedTrials(api, caches)

    async def reconcile(self, key: ObjectKey) -> float | None:
        """Take the next steps for a sweep.

        Returns:
            Seconds until it is to be reconciled again; None to wait for an event.
        """
        await self._await_caches(key)
        entry = self._registry.reconcilable(key)
        if entry is None:
            return await self._check_existence(key)
        with metrics.RECONCILE_SECONDS.time():
            try:
                if not await self._is_admitted(key, entry):
                    return None
                if entry.sweep is None:
                    return None
                await self._unmanaged.reconcile(entry.sweep, self._settings, self._clock())
                return None if entry.sweep is None else self._fill_or_end(key, entry.sweep)
            except errors.NotFound:
                entry.maybe_deleted = True
                return await self._check_existence(key)

    async def reconcile_status(self, key: ObjectKey) -> float | None:
        """Write the status of a sweep if it changed.

        Returns:
            Seconds until it is to be reconciled again; None to wait for an event.
        """
        try:
            return await self._status.reconcile(key)
        except errors.NotFound:
            self._registry.mark_maybe_deleted(key)
            self._queues.sweeps.add(key)
            return None

    async def _await_caches(self, key: ObjectKey) -> None:
        """Wait until everything in the sweep's namespace was listed.

        If a permission is lacking for that, the status of a new sweep says so.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CACHE_SYNC_TIMEOUT):
                    await self._caches.synced(key.namespace)
                return
            entry = self._registry.reconcilable(key)
            missing_permissions = self._missing_permissions_for(key.namespace, "")
            if entry is not None and missing_permissions and not entry.body.get("status"):
                cause = Cause(
                    names.REASON_NOT_PERMITTED, missing_permissions_message(missing_permissions)
                )
                await self._status.write_not_accepted(key, entry, SweepPhase.PENDING, cause)

    async def _is_admitted(self, key: ObjectKey, entry: SweepEntry) -> bool:
        """Return whether the spec is in force; requeue all trials and the status for a new generation."""
        if entry.observed_generation != entry.generation:
            if not await self._admission.admit(key, entry):
                return False
            if entry.sweep is not None:
                self._queues.requeue_trials(entry.sweep.state)
            self._queues.statuses.add(key)
        return True

    def _fill_or_end(self, key: ObjectKey, sweep: SweepStore) -> float | None:
        """Fill the free slots, or end the sweep when it has a reason to."""
        now = self._clock()
        self._update_ending(sweep, now)
        fill_slots(sweep, self._settings, self._queues, now)
        snap = sweep_snapshot(sweep.state, self._settings)
        self._proposer.request(sweep, snap, now, self._queues)
        if is_over(snap, now):
            self._queues.statuses.add(key)
            return None
        self._queues.requeue_status(sweep.state, now)
        due = _due(sweep.state, snap, now)
        return None if due is None else due - now

    def _update_ending(self, sweep: SweepStore, now: float) -> None:
        """Requeue all trials when the sweep has a reason to end."""
        snap = sweep_snapshot(sweep.state, self._settings)
        is_ending = end_reason(snap, now) is not None
        if is_ending and not sweep.state.is_ending:
            self._queues.requeue_trials(sweep.state)
        sweep.set_ending(is_ending=is_ending)

    async def _check_existence(self, key: ObjectKey) -> float | None:
        """Check whether a sweep has been deleted; rebuild its state if it has not."""
        entry = self._registry.get(key)
        if entry is None or not entry.maybe_deleted:
            return None
        try:
            entry.body = await self._api.get(SWEEPJOBS, *key)
        except errors.NotFound:
            self._registry.discard(key)
            return None
        entry.reset()
        return _DELETED_RETRY


def _due(state: SweepState, snap: SweepSnapshot, now: float) -> float | None:
    """Return when there is more to do for a sweep without an event, in seconds since the epoch.

    That is its timeout or a limit on what it uses, and the next try of a sampler that failed.
    """
    failure = state.proposals.failure
    again = None if failure is None or failure.ask_again_at <= now else failure.ask_again_at
    return min((t for t in (end_due(snap, now), again) if t is not None), default=None)
