"""Observe, decide, act, for one sweep at a time, until there is nothing to do."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..domain.plan.actions import CreateTrial, Plan
from ..domain.plan.planner import free_slots, is_over, plan, reason_to_end
from ..domain.plan.snapshot import Snapshot
from ..domain.problem import InvalidSpec
from ..resources import names
from ..resources.event import Announcement
from ..resources.pods import PodRecord
from ..resources.record import Record
from ..resources.status import Condition, Overview, differs, dump_status, is_finished
from ..resources.sweepjob import SweepSpec, parse_sweepjob
from ..resources.times import parse_time
from . import errors, gateway, telemetry
from .caches import Caches, Key
from .executor import Executor
from .gateway import Gateway
from .observer import metric_check_due, overview, snapshot
from .proposing import Proposer
from .reflector import is_newer
from .refusals import Refusals
from .reports import STATUS_INTERVAL, Reports
from .settings import Settings
from .sweep_state import SweepState
from .workqueue import WorkQueue

_log = logging.getLogger(__name__)
# A pass that still finds something to do after so many rounds lets other sweeps go first.
_ROUNDS = 10
_CONDITION_LIMIT = 32_000  # characters; the API's conventions allow 32,768
_QUIET_KEYS = ("best", "gpuSeconds", "trials", "progress")


@dataclass(slots=True)
class _Sweep:
    """A SweepJob as kopf showed it last, and what is remembered about it."""

    body: Mapping[str, Any]
    state: SweepState | None = None
    generation: int = 0


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
        self._sweeps: dict[Key, _Sweep] = {}
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile)
        self.caches = Caches(
            api, settings.namespaces, self._on_change, self._on_pod, self._on_record_gone
        )
        self._proposer = Proposer()
        self._executor = Executor(api, self.caches, settings.sidecar, clock)
        self._refusals = Refusals(api, self.caches)
        self.reports = Reports(api, self.caches, self._state_of, self.queue, clock)

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
            self._sweeps[key] = _Sweep(body)
        elif _is_older(body, known.body):
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

    async def _reconcile(self, key: Key, sweep: _Sweep) -> float | None:
        meta = sweep.body["metadata"]
        if sweep.generation != meta["generation"] and not await self._accept(key, sweep):
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
        if state.sampler.learns:
            await self._proposer.make_ready(state, snap, free_slots(snap), self._clock())
            looked = self._look(state)  # what has happened meanwhile must not be missed
            snap = self._observe(state, looked)
        todo = plan(snap, self._clock())
        busy = [a.trial for a in todo.actions if not isinstance(a, CreateTrial)]
        state.agenda.rest(looked, busy, todo.wakes)
        for index, when in podless.items():
            state.agenda.by(index, when)
        return todo

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
        return snapshot(state, self.caches, self._settings, looked, most, is_read)

    async def _accept(self, key: Key, sweep: _Sweep) -> bool:
        """Understand a new generation of the spec; whether there is anything to do about it."""
        body = sweep.body
        meta, status = body["metadata"], dict(body.get("status") or {})
        generation = meta["generation"]
        if is_finished(status) and status.get("observedGeneration") == generation:
            sweep.generation = generation
            return False
        try:
            spec = parse_sweepjob(body)
        except InvalidSpec as error:
            goes_on = await self._reject(key, sweep, str(error))
            sweep.generation = generation
            return goes_on
        sweep.state = self._load(key, spec, meta["uid"], status)
        sweep.generation = generation
        return True

    def _load(self, key: Key, spec: SweepSpec, uid: str, status: dict[str, Any]) -> SweepState:
        """The memory of a sweep from what is on record. Reports that are not are asked for again."""
        started = parse_time(status.get("startTime")) or self._clock()
        seed = spec.seed if spec.seed is not None else _seed(uid)
        state = SweepState(*key, uid, spec, seed, started, status)
        state.load(r for r in self.caches.records_of(key) if r.sweep_uid == uid)
        for trial in state.live.values():
            for pod in self.caches.pods_of((state.namespace, trial.name), trial.uid):
                self.reports.take_in(state, pod, gone=False)
        return state

    async def _reject(self, key: Key, sweep: _Sweep, problems: str) -> bool:
        """Say in the conditions what is wrong with the spec; whether there is work all the same: a
        sweep that runs goes on as it was understood before."""
        meta, status = sweep.body["metadata"], dict(sweep.body.get("status") or {})
        text = f"{problems}. Correct the spec and apply it again"[:_CONDITION_LIMIT]
        said = Announcement(
            names.SWEEPJOB, *key, meta["uid"], names.REASON_INVALID, text, warning=True
        )
        self._executor.announce(said)
        if sweep.state is not None:
            sweep.state.problem = text
            return True
        seen = Overview(
            generation=meta["generation"],
            phase="Invalid",
            conditions=(Condition(names.ACCEPTED, False, names.REASON_INVALID, text),),
        )
        new = dump_status(seen, status, self._clock())
        if differs(new, status):
            await self._write_status(sweep, new)
        return False

    async def _report(self, sweep: _Sweep, state: SweepState) -> float | None:
        """Write the sweep's status if it changed; returns when it is due otherwise."""
        now = self._clock()
        seen = overview(state, self._observe(state, (), most=1), sweep.generation, now)
        new = dump_status(seen, state.status, now)
        if not differs(new, state.status):
            return None
        loud = {k: v for k, v in new.items() if k not in _QUIET_KEYS}
        due = state.status_written + STATUS_INTERVAL
        if now < due and not differs({**state.status, **loud}, state.status):
            return due
        written = await self._write_status(sweep, new)
        before, state.status = state.status, dict(written.get("status") or {})
        state.status_written = now
        self._announce_transitions(state, before)
        return None

    async def _write_status(self, sweep: _Sweep, new: dict[str, Any]) -> dict[str, Any]:
        """Merge into the status of this very SweepJob, which people may have changed meanwhile; one
        that was created since under its name is another, and stays as it is."""
        meta = sweep.body["metadata"]
        key = (gateway.SWEEPJOBS, meta["namespace"], meta["name"])
        try:
            written = await self._api.patch_status(*key, meta["resourceVersion"], new)
        except errors.Conflict:
            found = await self._api.get(*key)
            if found["metadata"]["uid"] != meta["uid"]:
                raise errors.NotFound(f"sweepjobs '{key[2]}' is another one now") from None
            written = await self._api.patch_status(*key, found["metadata"]["resourceVersion"], new)
        if not _is_older(written, sweep.body):
            sweep.body = written
        return written

    def _announce_transitions(self, state: SweepState, before: Mapping[str, Any]) -> None:
        old = {c["type"]: c for c in before.get("conditions") or ()}
        for condition in state.status.get("conditions") or ():
            was = old.get(condition["type"], {})
            changed = (was.get("status"), was.get("reason")) != ("True", condition["reason"])
            if condition["status"] == "True" and changed:
                bad = condition["type"] in (names.FAILED, names.DEGRADED)
                self._executor.announce(
                    Announcement(
                        names.SWEEPJOB,
                        state.namespace,
                        state.name,
                        state.uid,
                        condition["reason"],
                        condition["message"],
                        warning=bad,
                    )
                )

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
        sweep.state, sweep.generation = None, 0  # begin again from what is on record
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
            known.state, known.generation = None, 0


def _is_older(body: Mapping[str, Any], than: Mapping[str, Any]) -> bool:
    return is_newer(than["metadata"]["resourceVersion"], body["metadata"]["resourceVersion"])


def _seed(uid: str) -> int:
    """The seed of a sweep that names none: made from its uid, so it is drawn once for ever."""
    return int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4], "big")
