"""Observe, decide, act, for one trial at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..api import names
from ..api.phases import TrialPhase
from ..kube import errors
from ..lifecycle.actions import Action, Plan, RecordEnd
from ..lifecycle.planner import plan, plan_new
from ..lifecycle.snapshot import Proposal
from ..settings import Settings
from ..telemetry import metrics
from .caches import Caches, Key
from .executor import Executor
from .job_event_poller import JobEventPoller
from .queues import Queues, TrialKey
from .report_ingestor import ReportIngestor
from .slot_allocator import fill
from .snapshot_builder import of_trial, without_proposals
from .sweep_store import SweepState


@dataclass(frozen=True, slots=True)
class TrialController:
    """Looks at trials that have not ended, and at those whose record is to be written.

    Args:
        find: the memory of a sweep, None when there is nothing to do about its trials.
        doubt: is told that something of a sweep was not there.
        interval: tells the seconds between two writes of a curve.
        clock: seconds since the epoch.
    """

    caches: Caches
    settings: Settings
    executor: Executor
    refusals: JobEventPoller
    reports: ReportIngestor
    queues: Queues
    find: Callable[[Key], SweepState | None]
    doubt: Callable[[Key], None]
    interval: Callable[[], float]
    clock: Callable[[], float]

    async def reconcile(self, trial: TrialKey) -> float | None:
        """Do what there is to do about a trial; returns seconds until it should be looked at again, 0
        until there was nothing to do.
        """
        key, index = trial
        await self.caches.synced(key[0])
        state = self.find(key)
        if state is None:
            return None
        with metrics.RECONCILE_SECONDS.time():
            todo = await self._plan(state, index)
            if not todo.actions:
                now = self.clock()
                self.queues.requeue_status(state, now)
                return None if todo.wake_at is None else max(0.0, todo.wake_at - now)
            try:
                await self._act(state, index, todo.actions)
            except errors.NotFound:
                self.doubt(key)
                return None
        return 0.0 if index in state.live else None

    async def _plan(self, state: SweepState, index: int) -> Plan:
        trial = state.live.get(index)
        if trial is None:
            return self._plan_new(state, index)
        due = await self.refusals.look(state, trial, self.clock())
        self.reports.follow_log(state, trial)
        is_read = partial(self.reports.is_read, state)
        now = self.clock()
        seen = of_trial(state, trial, self.caches, self.interval, is_read, now)
        todo = plan(seen, without_proposals(state, self.settings), now)
        times = [when for when in (todo.wake_at, due) if when is not None]
        return Plan(todo.actions, min(times, default=None))

    def _plan_new(self, state: SweepState, index: int) -> Plan:
        """The record of a new trial, if there still is a slot for it."""
        if index not in state.reserved:
            return Plan(())
        proposal = Proposal(index, state.reserved[index])
        todo = plan_new(proposal, without_proposals(state, self.settings), self.clock())
        if not todo.actions:
            self._give_up(state, index)
        return todo

    def _give_up(self, state: SweepState, index: int) -> None:
        """Reserve nothing for a new trial any more. Its record may be there all the same, if the answer
        to an earlier try never came: then it is one like the others.
        """
        name = names.trial_name(state.name, index)
        record = self.caches.trials(state.namespace).get(state.namespace, name)
        if record is not None and record.sweep_uid == state.uid:
            state.admit(record)
            self.queues.trials.add((state.key, index))
        else:
            del state.reserved[index]
        self.queues.sweeps.add(state.key)

    async def _act(self, state: SweepState, index: int, actions: Sequence[Action]) -> None:
        end = next((a.phase for a in actions if isinstance(a, RecordEnd)), None)
        if end is not None:
            self._leave(state, index, end)
        try:
            await self.executor.execute(state, actions)
        finally:
            state.leaving.pop(index, None)
            if index not in state.live:
                self.queues.sweeps.add(state.key)
            self.queues.requeue_status(state, self.clock())

    def _leave(self, state: SweepState, index: int, phase: TrialPhase) -> None:
        """The trial has ended, and its slot may be filled while that is written."""
        state.leaving[index] = phase
        fill(state, self.settings, self.queues, self.clock())
