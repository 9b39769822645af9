"""Observe, decide, act, for one sweep at a time: its spec, its slots, its end; its trials are looked at
one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..api import names
from ..api.phases import TrialPhase
from ..api.trial_record import TrialRecord
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.quarantine import Identity, Quarantine
from ..lifecycle.planner import is_over, reason_to_end, timeout_due
from ..settings import Settings
from ..telemetry import metrics
from ..trial_pods.pod_records import PodRecord
from . import sweep_log
from .caches import Caches, Key
from .event_recorder import EventRecorder
from .executor import Executor
from .held_trials import HeldTrials
from .job_creator import JobCreator
from .job_event_poller import JobEventPoller
from .namespace_constraint_reader import NamespaceConstraintReader
from .proposal_cache import Proposer
from .queues import Queues
from .report_ingestor import ReportIngestor
from .rights import Lack, message_for_sweep
from .slot_allocator import fill
from .snapshot_builder import of_sweep
from .spec_admission import SpecAdmission
from .status_builder import metric_check_due, overview
from .sweep_entry import SweepEntry, is_older
from .sweep_status_writer import StatusWriter
from .sweep_store import SweepState
from .sweepjob_audit import Version
from .trial_controller import TrialController
from .trial_status_writer import TrialStatusWriter

# Written at most in a second, those of ending trials, and changes of state, apart.
_CURVES_A_SECOND, _STATUSES_A_SECOND = 20, 20
_CACHES_PATIENCE = 2.0  # seconds until a sweep says why it waits for the caches
_STATUS_INTERVAL = 1.0  # seconds between two statuses of one sweep, at least


class SweepController:
    """Knows every SweepJob; is told of changes, and looks again.

    Args:
        clock: seconds since the epoch.
        lacking_for: tells the rights that the operator lacks and that the sweeps of a namespace with a
            source of metrics are concerned by.
    """

    def __init__(
        self,
        api: KubeClient,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        lacking_for: Callable[[str, str], list[Lack]] = lambda namespace, source: [],
    ) -> None:
        self._clock = clock
        self._lacking_for = lacking_for
        self._api = api
        self._settings = settings
        self._sweeps: dict[Key, SweepEntry] = {}
        self._quarantine = Quarantine(names.SWEEPJOBS)
        self.caches = Caches(
            api, settings.namespaces, self._on_change, self._on_pod, self._on_record_gone, clock
        )
        self.queues = Queues(
            self.reconcile,
            lambda trial: self._trials.reconcile(trial),
            self._report,
            self._status_interval,
        )
        self._proposer = Proposer()
        self._held = HeldTrials(api, self.caches)
        self.reports = ReportIngestor(
            api, self.caches, self._state_of, self.queues, clock, settings.log_limits
        )
        announcer = EventRecorder(api, clock)
        limits = NamespaceConstraintReader(api, clock)
        launcher = JobCreator(api, self.caches, announcer, limits, settings.sidecar, clock)
        recorder = TrialStatusWriter(api, self.caches, announcer, clock)
        self._status = StatusWriter(api, announcer, self._status_interval, clock)
        self._acceptance = SpecAdmission(
            api=api,
            caches=self.caches,
            launcher=launcher,
            status=self._status,
            announcer=announcer,
            reports=self.reports,
            again=self.queues.sweeps.add_after,
            clock=clock,
        )
        self._trials = TrialController(
            caches=self.caches,
            settings=settings,
            executor=Executor(api, launcher, recorder, clock),
            refusals=JobEventPoller(api, self.caches, limits),
            reports=self.reports,
            queues=self.queues,
            find=self._to_work_on,
            doubt=self._doubt,
            interval=self._progress_interval,
            clock=clock,
        )

    def _state_of(self, key: Key) -> SweepState | None:
        known = self._sweeps.get(key)
        return None if known is None else known.state

    def _to_work_on(self, key: Key) -> SweepState | None:
        known = self._find(key)
        return None if known is None else known.state

    def _find(self, key: Key) -> SweepEntry | None:
        """A sweep that there is something to do about."""
        sweep = self._sweeps.get(key)
        gone = sweep is None or sweep.doubted or "deletionTimestamp" in sweep.body["metadata"]
        return None if gone else sweep

    def show(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        """A SweepJob as the API server has it now, from kopf's watch."""
        identity = Identity.of(body)
        try:
            self._show(body, deleted=deleted)
        except Exception as error:  # noqa: BLE001 - one SweepJob must not end the watch of all
            self._quarantine.add(identity, error)
        else:
            self._quarantine.release(identity.uid)

    def _show(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        known = self._sweeps.get(key)
        is_same = known is not None and known.body["metadata"]["uid"] == body["metadata"]["uid"]
        if deleted:
            # The end of an earlier one of the name may be told after the beginning of this one.
            if known is not None and is_same:
                del self._sweeps[key]
                if known.state is not None:
                    sweep_log.log_deleted(*key)
            return
        if known is None or not is_same:
            self._sweeps[key] = SweepEntry(body)
        elif is_older(body, known.body):
            return  # from before our own status write
        else:
            known.body = body
            if known.generation == body["metadata"]["generation"]:
                return  # an echo of our own status write
        self.queues.sweeps.add(key)

    def versions(self) -> dict[Key, Version]:
        """Every SweepJob that is known, as it was seen last."""
        return {key: Version.of(sweep.body) for key, sweep in self._sweeps.items()}

    def requeue_all(self) -> None:
        """Look at everything again: a right is lacking, or is back."""
        for key, sweep in self._sweeps.items():
            self.queues.sweeps.add(key)
            if sweep.state is None:
                continue
            for trial in sweep.state.live.values():
                if trial.refused is not None and trial.refused.reason == names.REASON_NOT_PERMITTED:
                    trial.launch_at = None  # what it was refused may be granted now
            self.queues.add_trials(sweep.state)
            self.queues.statuses.add(key)

    async def reconcile(self, key: Key) -> float | None:
        """Do what there is to do about a sweep; returns seconds until it should be looked at again."""
        await self._await_caches(key)
        sweep = self._find(key)
        if sweep is None:
            return await self._check_existence(key)
        with metrics.RECONCILE_SECONDS.time():
            try:
                if not await self._is_accepted(key, sweep):
                    return None
                if sweep.state is not None:
                    await self._held.look(sweep.state, self._settings, self._clock())
                return self._go_on(key, sweep)
            except errors.NotFound:
                sweep.doubted = True
                return await self._check_existence(key)

    async def _await_caches(self, key: Key) -> None:
        """Wait until all there is in the sweep's namespace has been listed; where a right is lacking, a
        new sweep says so.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CACHES_PATIENCE):
                    await self.caches.synced(key[0])
                return
            sweep = self._find(key)
            lacks = self._lacking_for(key[0], "")
            if sweep is not None and lacks and not sweep.body.get("status"):
                reason, text = names.REASON_NOT_PERMITTED, message_for_sweep(lacks)
                await self._status.unaccepted(key, sweep, "Pending", reason, text)

    async def _is_accepted(self, key: Key, sweep: SweepEntry) -> bool:
        """Whether the sweep's spec is understood. Everything is looked at under a new one."""
        if sweep.generation != sweep.body["metadata"]["generation"]:
            if not await self._acceptance.accept(key, sweep):
                return False
            if sweep.state is not None:
                self.queues.add_trials(sweep.state)
            self.queues.statuses.add(key)
        return True

    def _go_on(self, key: Key, sweep: SweepEntry) -> float | None:
        """Fill the slots, or end the sweep when there is a reason to."""
        state, now = sweep.state, self._clock()
        if state is None:
            return None
        self._end(state, now)
        fill(state, self._settings, self.queues, now)
        seen = of_sweep(state, self._settings)
        self._proposer.ask(state, seen, now, partial(self.queues.sweeps.add, key))
        if is_over(seen, now):
            self.queues.statuses.add(key)
            return None
        self.queues.requeue_status(state, now)
        due = timeout_due(seen, now)
        return None if due is None else due - now

    def _end(self, state: SweepState, now: float) -> None:
        """Look at all trials when the sweep has got a reason to end."""
        ends = reason_to_end(of_sweep(state, self._settings, most=0), now) is not None
        if ends and not state.ending:
            self.queues.add_trials(state)
        state.ending = ends

    async def _report(self, key: Key) -> float | None:
        """Write the sweep's status if it changed; returns seconds until it is due otherwise."""
        sweep = self._find(key)
        state = None if sweep is None else sweep.state
        if sweep is None or state is None:
            return None
        now = self._clock()
        lacks = self._lacking_for(state.namespace, state.spec.metrics.source)
        snap = of_sweep(state, self._settings, most=1)
        seen = overview(state, snap, sweep.generation, now, lacks)
        try:
            due = await self._status.report(sweep, state, seen)
        except errors.NotFound:
            self._doubt(key)
            return None
        now = self._clock()
        over = seen.completed is not None and sweep.state is state
        if over and self._is_finished(sweep, state, seen.generation, now):
            sweep.state = None  # remember nothing, watch only for a new generation
            return None
        # Where it was over when that was written, it has got more to do since.
        times = (now if over else due, metric_check_due(state, now))
        wake = min((when for when in times if when is not None), default=None)
        return None if wake is None else max(0.0, wake - now)

    def _is_finished(
        self, sweep: SweepEntry, state: SweepState, generation: int, now: float
    ) -> bool:
        """Whether a sweep that is said to be over, by a generation of its spec, still is."""
        seen = of_sweep(state, self._settings, most=1)
        return is_over(seen, now) and generation == sweep.generation

    def census(self) -> metrics.MetricsSnapshot:
        """How much there is to do, for the metrics."""
        states = self._states()
        phases = [trial.phase for state in states for trial in state.live.values()]
        running = sum(phase is TrialPhase.RUNNING for phase in phases)
        unreadable = self.caches.passed_over()
        unreadable[names.SWEEPJOBS] += len(self._quarantine)
        unreadable[names.SWEEPTRIALS] += sum(len(state.unreadable) for state in states)
        queued = len(phases) - running
        return metrics.MetricsSnapshot(len(states), running, queued, self.queues.depth, unreadable)

    def _progress_interval(self) -> float:
        """Seconds between two writes of a curve, so that there are not too many in all."""
        live = sum(len(state.live) for state in self._states())
        return max(self._settings.progress_interval, live / _CURVES_A_SECOND)

    def _status_interval(self) -> float:
        """Seconds between two statuses of one sweep that differ in numbers alone, so that there are not
        too many in all.
        """
        return max(_STATUS_INTERVAL, len(self._states()) / _STATUSES_A_SECOND)

    def _states(self) -> list[SweepState]:
        """The sweeps that are not finished."""
        return [sweep.state for sweep in self._sweeps.values() if sweep.state is not None]

    def _doubt(self, key: Key) -> None:
        """Something of the sweep was not there: is the sweep?"""
        sweep = self._sweeps.get(key)
        if sweep is not None:
            sweep.doubted = True
            self.queues.sweeps.add(key)

    async def _check_existence(self, key: Key) -> float | None:
        sweep = self._sweeps.get(key)
        if sweep is None or not sweep.doubted:
            return None
        try:
            sweep.body = await self._api.get(resources.SWEEPJOBS, *key)
        except errors.NotFound:
            self._sweeps.pop(key, None)
            return None
        sweep.forget()
        return 1.0

    def _on_change(self, key: Key, trial: str) -> None:
        state = self._state_of(key)
        if state is None:
            self.queues.sweeps.add(key)
            return
        known = state.find(trial)
        if known is not None:
            self.queues.trials.add((key, known.index))
        elif trial in state.unreadable:
            self.queues.sweeps.add(key)

    def _on_pod(self, pod: PodRecord, gone: bool) -> None:
        self.reports.account(pod, gone=gone)

    def _on_record_gone(self, record: TrialRecord) -> None:
        """Somebody deleted a record; if the sweep is still there, begin again from the others."""
        known = self._sweeps.get((record.namespace, record.sweep))
        if known is not None and known.state is not None:
            known.forget()
