"""Asks samplers for proposals, in threads of their own.

A proposal that depends on observations takes up to seconds of computation, and a plug-in may take any
time. Such a proposal is made as soon as a slot is free, one at a time so that each takes all before it
into account, and cached in the sweep's state until the slot is filled.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ..lifecycle.planner import free_slots, is_over
from ..lifecycle.snapshot import SweepSnapshot
from ..search.sampler import Observation, Sampler
from ..search.samplers.registry import SAMPLERS
from ..search.space import Assignment
from ..telemetry import metrics
from .plugin_thread import CallTimeout, PluginThread
from .queues import Queues
from .state.sweep_store import SweepStore


@dataclass(slots=True)
class Proposer:
    """One thread for the package's samplers, and one for each sampler of another distribution.

    The event loop never waits for a proposal. The sweeps of one thread take turns, one proposal each.
    """

    _threads: dict[str, PluginThread] = field(default_factory=dict)
    _stuck: WeakKeyDictionary[SweepStore, CallTimeout] = field(default_factory=WeakKeyDictionary)
    _tasks: WeakKeyDictionary[SweepStore, asyncio.Task[None]] = field(
        default_factory=WeakKeyDictionary
    )

    def request(self, sweep: SweepStore, snap: SweepSnapshot, now: float, queues: Queues) -> None:
        """Have a proposal made in the background if a free slot lacks one.

        The sweep is requeued when the proposal is ready, or when none can be made. An error of a
        plug-in's sampler is kept in the sweep's state.

        Args:
            sweep: an active sweep.
            snap: the same sweep at this moment.
            now: seconds since the epoch.
            queues: the controllers' queues.

        Raises:
            Exception: the error of the previous proposal, once, of a sampler of this package.
        """
        task = self._tasks.get(sweep)
        if task is not None and not task.done():
            return
        if task is not None:
            del self._tasks[sweep]
            try:
                task.result()
            except Exception as error:  # noqa: BLE001 - whatever another's code raises
                sweep.note_sampler_failure(error, now)
        if self._lacks_proposal(sweep, snap, now):
            work = self._make_and_requeue(sweep, snap, now, queues)
            self._tasks[sweep] = asyncio.create_task(work)

    async def _make_and_requeue(
        self, sweep: SweepStore, snap: SweepSnapshot, now: float, queues: Queues
    ) -> None:
        is_news = True  # so is an error
        try:
            is_news = await self.make_proposal(sweep, snap, now)
        finally:
            if is_news or sweep.state.proposals.exhausted:
                queues.sweeps.add(sweep.state.identity.key)

    def _lacks_proposal(self, sweep: SweepStore, snap: SweepSnapshot, now: float) -> bool:
        proposals, wanted = sweep.state.proposals, free_slots(snap)
        if not proposals.in_background or proposals.exhausted:
            return False
        if snap.suspended or is_over(snap, now) or proposals.is_paused(now):
            return False
        return len(sweep.propose(wanted, now)) < wanted

    async def make_proposal(self, sweep: SweepStore, snap: SweepSnapshot, now: float) -> bool:
        """Make and cache the next proposal that a free slot lacks.

        Args:
            sweep: an active sweep.
            snap: the same sweep at this moment.
            now: seconds since the epoch.

        Returns:
            Whether there is a new one.
        """
        if not self._lacks_proposal(sweep, snap, now):
            return False
        wanted = free_slots(snap)
        indices, cached = sweep.state.slots.free_indices(wanted), sweep.propose(wanted, now)
        index, known = indices[len(cached)], list[Observation]()
        if sweep.state.proposals.sampler.uses_observations:
            known += sweep.state.observations()
            known += [Observation(p.index, p.assignment, None, ended=False) for p in cached]
        made = await self._ask(sweep, index, known)
        if made is None:
            sweep.mark_exhausted(index)
            return False
        sweep.cache_proposal(index, made)
        return True

    async def _ask(
        self, sweep: SweepStore, index: int, known: list[Observation]
    ) -> Assignment | None:
        """Return the sampler's proposal; None when it has none.

        Raises:
            CallTimeout: a sampler of another distribution has not answered in time. It is not asked
                again as long as it may still answer.
        """
        stuck = self._stuck.pop(sweep, None)
        if stuck is not None and stuck.thread.is_alive:
            self._stuck[sweep] = stuck
            raise CallTimeout(str(stuck), stuck.thread)
        declaration = sweep.state.spec.sampler.declaration
        is_plugin = bool(SAMPLERS.distribution_of(declaration.name))
        thread = self._threads.setdefault(
            declaration.name if is_plugin else "", PluginThread(f"proposals {declaration.name}")
        )
        timeout = declaration.proposal_timeout if is_plugin else None
        sampler = sweep.state.proposals.sampler
        try:
            return await thread.call(timeout, _timed_proposal, sampler, index, known)
        except CallTimeout as error:
            self._stuck[sweep] = error
            raise


def _timed_proposal(sampler: Sampler, index: int, known: list[Observation]) -> Assignment | None:
    """Run in the thread, so that the metric does not include the wait for it."""
    with metrics.PROPOSAL_SECONDS.time():
        return sampler.propose(index, known)
