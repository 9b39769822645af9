"""Observe, decide, act, for one sweep at a time, until there is nothing to do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..domain.plan.actions import Plan
from ..domain.plan.planner import is_over, plan, reason_to_end
from ..domain.plan.snapshot import Phase, Snapshot
from ..resources.pods import PodRecord
from ..resources.record import Record
from . import errors, gateway, telemetry
from .acceptance import Acceptance
from .announcer import Announcer
from .caches import Caches, Key
from .executor import Executor
from .gateway import Gateway
from .known_sweep import KnownSweep, is_older
from .launcher import Launcher
from .observer import metric_check_due, overview, snapshot
from .proposing import Proposer
from .recorder import Recorder
from .refusals import Refusals
from .reports import Reports
from .settings import Settings
from .sweep_state import SweepState
from .sweep_status import StatusWriter
from .workqueue import WorkQueue

_log = logging.getLogger(__name__)
# A pass that still finds something to do after so many rounds lets other sweeps go first.
_ROUNDS = 10
_CURVES_A_SECOND = 20  # written at most, those of ending trials apart


class Reconciler:
    """Knows every SweepJob; is told of changes, and looks again.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(
        self, api: Gateway, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._api = api
        self._settings = settings
        self._sweeps: dict[Key, KnownSweep] = {}
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile)
        self.caches = Caches(
            api, settings.namespaces, self._on_change, self._on_pod, self._on_record_gone
        )
        self._proposer = Proposer()
        self._refusals = Refusals(api, self.caches)
        self.reports = Reports(api, self.caches, self._state_of, self.queue, clock)
        announcer = Announcer(api, clock)
        launcher = Launcher(api, self.caches, settings.sidecar, clock)
        recorder = Recorder(api, self.caches, announcer, clock)
        self._executor = Executor(api, launcher, recorder, clock)
        self._status = StatusWriter(api, announcer, clock)
        self._acceptance = Acceptance(
            api=api,
            caches=self.caches,
            launcher=launcher,
            status=self._status,
            announcer=announcer,
            reports=self.reports,
            again=self.queue.add_after,
            clock=clock,
        )

    def _state_of(self, key: Key) -> SweepState | None:
        known = self._sweeps.get(key)
        return None if known is None else known.state

    def show(self, body: Mapping[str, Any], *, deleted: bool) -> None:
        """A SweepJob as the API server has it now, from kopf's watch."""
        key = (body["metadata"]["namespace"], body["metadata"]["name"])
        if deleted:
            self._sweeps.pop(key, None)
            return
        known = self._sweeps.get(key)
        if known is None or known.body["metadata"]["uid"] != body["metadata"]["uid"]:
            self._sweeps[key] = KnownSweep(body)
        elif is_older(body, known.body):
            return  # from before our own status write
        else:
            known.body = body
            if known.generation == body["metadata"]["generation"]:
                return  # an echo of our own status write
        self.queue.add(key)

    async def reconcile(self, key: Key) -> float | None:
        """Do what there is to do about a sweep; returns seconds until it should be looked at again."""
        await self.caches.synced()
        sweep = self._sweeps.get(key)
        if sweep is None or "deletionTimestamp" in sweep.body["metadata"]:
            return None
        with telemetry.RECONCILE_SECONDS.time():
            try:
                return await self._reconcile(key, sweep)
            except errors.NotFound:
                return await self._check_existence(key)

    async def _reconcile(self, key: Key, sweep: KnownSweep) -> float | None:
        meta = sweep.body["metadata"]
        if sweep.generation != meta["generation"] and not await self._acceptance.accept(key, sweep):
            return None
        state = sweep.state
        if state is None:
            return None
        for _ in range(_ROUNDS):
            todo = await self._plan(state)
            if not todo.actions:
                break
            try:
                await self._executor.carry_out(state, todo.actions)
            except (errors.Refused, errors.Conflict):
                await self._report(sweep, state)
                raise
        due = await self._report(sweep, state)
        if is_over(self._observe(state, (), most=1), self._clock()):
            sweep.state = None  # finished: remember nothing, watch only for a new generation
            return None
        if todo.actions:
            return 0.0
        wakes = [todo.wake_at, state.agenda.next(), due, metric_check_due(state, self._clock())]
        wake = min((w for w in wakes if w is not None), default=None)
        return None if wake is None else max(0.0, wake - self._clock())

    async def _plan(self, state: SweepState) -> Plan:
        """What to do about the trials that are on the agenda, and the free slots."""
        looked = self._look(state)
        podless = await self._refusals.look(state, looked, self._clock())
        snap = self._observe(state, looked)
        again = partial(self.queue.add, (state.namespace, state.name))
        self._proposer.ask(state, snap, self._clock(), again)
        todo = plan(snap, self._clock())
        state.agenda.rest(looked, [action.trial for action in todo.actions], todo.wakes)
        for index, when in podless.items():
            state.agenda.by(index, when)
        return todo

    async def _report(self, sweep: KnownSweep, state: SweepState) -> float | None:
        """Write the sweep's status if it changed; returns when it is due otherwise."""
        now = self._clock()
        seen = overview(state, self._observe(state, (), most=1), sweep.generation, now)
        return await self._status.report(sweep, state, seen)

    def _look(self, state: SweepState) -> list[int]:
        """The trials to look at: all of them when the sweep has got a reason to end."""
        now = self._clock()
        ends = reason_to_end(self._observe(state, (), most=0), now) is not None
        if ends and not state.ending:
            state.agenda.add_all(state.live)
        state.ending = ends
        return state.agenda.due(now)

    def _observe(
        self, state: SweepState, looked: Sequence[int], most: int | None = None
    ) -> Snapshot:
        self.reports.follow_logs(state, looked)
        is_read = partial(self.reports.is_read, state)
        settings = replace(self._settings, progress_interval=self._progress_interval())
        return snapshot(state, self.caches, settings, looked, most, is_read)

    def census(self) -> telemetry.Census:
        """How much there is to do, for the metrics."""
        states = [sweep.state for sweep in self._sweeps.values() if sweep.state is not None]
        phases = [trial.phase for state in states for trial in state.live.values()]
        running = sum(phase is Phase.RUNNING for phase in phases)
        return telemetry.Census(len(states), running, len(phases) - running, self.queue.depth)

    def _progress_interval(self) -> float:
        """Seconds between two writes of a curve, so that there are not too many in all."""
        states = (sweep.state for sweep in self._sweeps.values())
        live = sum(len(state.live) for state in states if state is not None)
        return max(self._settings.progress_interval, live / _CURVES_A_SECOND)

    async def _check_existence(self, key: Key) -> float | None:
        """Something of the sweep was not there: is the sweep?"""
        sweep = self._sweeps.get(key)
        if sweep is None:
            return None
        try:
            sweep.body = await self._api.get(gateway.SWEEPJOBS, *key)
        except errors.NotFound:
            self._sweeps.pop(key, None)
            return None
        sweep.forget()
        return 1.0

    def _on_change(self, key: Key, trial: str) -> None:
        state = self._state_of(key)
        known = None if state is None else state.find(trial)
        if state is not None and known is not None:
            state.agenda.add(known.index)
        self.queue.add(key)

    def _on_pod(self, pod: PodRecord, gone: bool) -> None:
        self.reports.account(pod, gone=gone)

    def _on_record_gone(self, record: Record) -> None:
        """Somebody deleted a record; if the sweep is still there, begin again from the others."""
        known = self._sweeps.get((record.namespace, record.sweep))
        if known is not None and known.state is not None:
            known.forget()
