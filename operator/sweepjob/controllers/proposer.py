"""Asks samplers that use observations for proposals, in a thread of their own.

Such a proposal takes up to seconds of computation. It is made as soon as a slot is free, one at a time so
that each takes all before it into account, and cached in the sweep's state until the slot is filled.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from ..lifecycle.planner import free_slots, is_over
from ..lifecycle.snapshot import SweepSnapshot
from ..search.sampler import Observation, Sampler
from ..search.space import Assignment
from ..telemetry import metrics
from .queues import Queues
from .state.sweep_store import SweepStore


@dataclass(slots=True)
class Proposer:
    """One worker thread for the samplers of all sweeps.

    The event loop never waits for it, and sweeps take turns for it, one proposal each.
    """

    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="proposals")
    )
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
        if not proposals.sampler.uses_observations or proposals.exhausted:
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
        known = sweep.state.observations()
        known += [Observation(p.index, p.assignment, None, ended=False) for p in cached]
        index, loop = indices[len(cached)], asyncio.get_running_loop()
        sampler = sweep.state.proposals.sampler
        made = await loop.run_in_executor(self._thread, _timed_proposal, sampler, index, known)
        if made is None:
            sweep.mark_exhausted(index)
            return False
        sweep.cache_proposal(index, made)
        return True


def _timed_proposal(sampler: Sampler, index: int, known: list[Observation]) -> Assignment | None:
    """Runs in the thread, so that the metric does not include the wait for it."""
    with metrics.PROPOSAL_SECONDS.time():
        return sampler.propose(index, known)
