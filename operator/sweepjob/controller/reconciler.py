"""Observe, decide, act, for one sweep at a time, until there is nothing to do."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..domain.plan.actions import CreateTrial, Plan
from ..domain.plan.planner import is_over, plan, reason_to_end
from ..domain.plan.snapshot import Phase, Snapshot
from ..domain.problem import InvalidSpec
from ..resources import names
from ..resources.event import Announcement
from ..resources.pods import PodRecord
from ..resources.record import Record
from ..resources.status import (
    Condition,
    Overview,
    differs,
    dump_status,
    has_started,
    is_accepted,
    is_finished,
    is_urgent,
)
from ..resources.sweepjob import SweepSpec, parse_sweepjob
from ..resources.times import parse_time
from . import errors, gateway, telemetry
from .caches import Caches, Key
from .executor import Executor
from .gateway import Gateway
from .observer import metric_check_due, overview, snapshot
from .pace import Priority
from .proposing import Proposer
from .reflector import is_newer
from .refusals import Refusals
from .reports import STATUS_INTERVAL, Reports
from .settings import Settings
from .sweep_state import SweepState
from .warm_start import NotReady, Source, find_sources
from .workqueue import WorkQueue

_log = logging.getLogger(__name__)
# A pass that still finds something to do after so many rounds lets other sweeps go first.
_ROUNDS = 10
_CURVES_A_SECOND = 20  # written at most, those of ending trials apart
_TRY_AGAIN = 30.0  # seconds until a Job that was refused is tried again
_LOOK_AGAIN = 5.0  # seconds until a sweep that another waits for is looked at again
_CONDITION_LIMIT = 32_000  # characters; the API's conventions allow 32,768


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
        again = partial(self.queue.add, (state.namespace, state.name))
        self._proposer.ask(state, snap, self._clock(), again)
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
            if sweep.state is not None and sweep.state.goes_on_with(spec):
                sweep.generation = generation
                return True
            sources = await find_sources(self._api, self.caches, key[0], spec, status)
        except InvalidSpec as error:
            goes_on = await self._reject(key, sweep, str(error))
            sweep.generation = generation
            return goes_on
        except NotReady as error:
            self.queue.add_after(key, _LOOK_AGAIN)
            await self._postpone(key, sweep, str(error))
            return False
        state = self._load(key, spec, meta["uid"], status, sources)
        if not state.created and not is_accepted(status, generation):
            problem = await self._executor.try_job(state)
            if problem:
                # Admission may think otherwise later, when a policy or a right has been mended.
                self.queue.add_after(key, _TRY_AGAIN)
                return await self._reject(key, sweep, problem)
        sweep.state = state
        sweep.generation = generation
        return True

    def _load(
        self,
        key: Key,
        spec: SweepSpec,
        uid: str,
        status: dict[str, Any],
        sources: tuple[Source, ...],
    ) -> SweepState:
        """The memory of a sweep from what is on record. Reports that are not are asked for again."""
        started = parse_time(status.get("startTime")) or self._clock()
        seed = spec.seed if spec.seed is not None else _seed(uid)
        state = SweepState(*key, uid, spec, seed, started, status, sources)
        state.load(r for r in self.caches.records_of(key) if r.sweep_uid == uid)
        for trial in state.live.values():
            for pod in self.caches.pods_of((state.namespace, trial.name), trial.uid):
                self.reports.take_in(state, pod, gone=False)
        self._tell_lost(state)
        return state

    def _tell_lost(self, state: SweepState) -> None:
        about = (names.SWEEPJOB, state.namespace, state.name, state.uid)
        for source in state.sources:
            if source.lost:
                text = (
                    f"{source.lost} of the {source.counted} trials of sweep {source.name}, which "
                    "count here, are gone; what comes is proposed and decided without them"
                )
                said = Announcement(*about, names.REASON_WARM_START_LOST, text, warning=True)
                self._executor.announce(said)

    async def _reject(self, key: Key, sweep: _Sweep, problems: str) -> bool:
        """Say in the conditions what is wrong with the spec; whether there is work all the same: a
        sweep that runs goes on as it was understood before."""
        text = f"{problems}. Correct the spec and apply it again"[:_CONDITION_LIMIT]
        if sweep.state is not None:
            self._announce(key, sweep, names.REASON_INVALID, text)
            sweep.state.problem = text
            return True
        await self._say_unaccepted(key, sweep, "Invalid", names.REASON_INVALID, text)
        return False

    async def _postpone(self, key: Key, sweep: _Sweep, missing: str) -> None:
        """Say what a sweep waits for before it can be understood."""
        reason = names.REASON_WARM_START_PENDING
        await self._say_unaccepted(key, sweep, "Pending", reason, missing)

    async def _say_unaccepted(
        self, key: Key, sweep: _Sweep, phase: str, reason: str, text: str
    ) -> None:
        """In the status, and by an event if that is news."""
        status = dict(sweep.body.get("status") or {})
        waits = reason == names.REASON_WARM_START_PENDING
        conditions = (
            Condition(names.ACCEPTED, False, reason, text),
            Condition(names.RECONCILING if waits else names.STALLED, True, reason, text),
        )
        seen = Overview(sweep.body["metadata"]["generation"], phase, conditions)
        new = dump_status(seen, status, self._clock())
        if differs(new, status):
            self._announce(key, sweep, reason, text)
            await self._write_status(sweep, new)

    def _announce(self, key: Key, sweep: _Sweep, reason: str, text: str) -> None:
        uid = sweep.body["metadata"]["uid"]
        self._executor.announce(Announcement(names.SWEEPJOB, *key, uid, reason, text, warning=True))

    async def _report(self, sweep: _Sweep, state: SweepState) -> float | None:
        """Write the sweep's status if it changed; returns when it is due otherwise."""
        now = self._clock()
        seen = overview(state, self._observe(state, (), most=1), sweep.generation, now)
        new = dump_status(seen, state.status, now)
        if not differs(new, state.status):
            return None
        due = state.status_written + STATUS_INTERVAL
        if now < due and not is_urgent(new, state.status):
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
        low = Priority.BOOKKEEPING
        try:
            written = await self._api.patch_status(*key, meta["resourceVersion"], new, low)
        except errors.Conflict:
            found = await self._api.get(*key)
            if found["metadata"]["uid"] != meta["uid"]:
                raise errors.NotFound(f"sweepjobs '{key[2]}' is another one now") from None
            version = found["metadata"]["resourceVersion"]
            written = await self._api.patch_status(*key, version, new, low)
        if not _is_older(written, sweep.body):
            sweep.body = written
        return written

    def _announce_transitions(self, state: SweepState, before: Mapping[str, Any]) -> None:
        about = (names.SWEEPJOB, state.namespace, state.name, state.uid)
        if has_started(state.status) and not has_started(before):
            text = f"the first trial runs; {state.spec.limits.max_total_trials} in all"
            self._executor.announce(Announcement(*about, names.REASON_FIRST, text))
        old = {c["type"]: c for c in before.get("conditions") or ()}
        for condition in state.status.get("conditions") or ():
            was = old.get(condition["type"], {})
            changed = (was.get("status"), was.get("reason")) != ("True", condition["reason"])
            # What Stalled says, Failed or Accepted has said.
            if condition["status"] == "True" and changed and condition["type"] != names.STALLED:
                bad = condition["type"] in (names.FAILED, names.DEGRADED)
                said = (condition["reason"], condition["message"])
                self._executor.announce(Announcement(*about, *said, warning=bad))

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
