"""Proposals of samplers that learn: made in a thread of their own, as soon as there is a slot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from ..lifecycle.planner import free_slots, is_over
from ..lifecycle.snapshot import Proposal, Snapshot
from ..search.sampler import Observation, Sampler
from ..search.space import Assignment
from ..telemetry import metrics

if TYPE_CHECKING:
    from .sweep_store import SweepState


@dataclass(slots=True)
class ProposalCache:
    """Proposals by index, as long as nothing new was learnt."""

    assignments: dict[int, Assignment] = field(default_factory=dict)

    def of(self, indices: Iterable[int]) -> tuple[Proposal, ...]:
        """Those for some indices, up to the first that there is none for."""
        known = takewhile(self.assignments.__contains__, indices)
        return tuple(Proposal(index, self.assignments[index]) for index in known)

    def clear(self) -> None:
        """Something was learnt: what was proposed without it is forgotten."""
        self.assignments.clear()


@dataclass(slots=True)
class Proposer:
    """One worker thread for the mathematics of all sweeps: the event loop never waits for it, and a
    sweep waits for one proposal of each of those that asked before it.
    """

    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="proposals")
    )

    def ask(self, state: SweepState, snap: Snapshot, now: float, done: Callable[[], None]) -> None:
        """See that there will be a proposal for the free slots of a sweep whose sampler learns. Nothing
        waits for it: neither the sweep's own decisions nor other sweeps.

        Args:
            done: called when there is a new one, or none can be made.

        Raises whatever went wrong the last time.
        """
        asked = state.asked
        if asked is not None and not asked.done():
            return
        state.asked = None
        if asked is not None:
            asked.result()

        async def work() -> None:
            news = True  # that it has failed is, too
            try:
                news = await self.make_ready(state, snap, free_slots(snap), now)
            finally:
                if news or state.exhausted:
                    done()

        if self._lacks(state, snap, free_slots(snap), now):
            state.asked = asyncio.create_task(work())

    def _lacks(self, state: SweepState, snap: Snapshot, wanted: int, now: float) -> bool:
        idle = snap.suspended or is_over(snap, now) or state.exhausted
        return state.sampler.uses_observations and not idle and len(snap.proposals) < wanted

    async def make_ready(self, state: SweepState, snap: Snapshot, wanted: int, now: float) -> bool:
        """Make the next proposal that the free slots of a sweep lack; whether there is one. It is one
        at a time, so that each knows all there is to know, and sweeps take turns for the thread.
        """
        if not self._lacks(state, snap, wanted, now):
            return False
        indices = state.free_indices(wanted)
        ready = state.ready.of(indices)
        if len(ready) == len(indices):
            return False
        known = state.observations()
        known += [Observation(p.index, p.assignment, None, ended=False) for p in ready]
        index, loop = indices[len(ready)], asyncio.get_running_loop()
        made = await loop.run_in_executor(self._thread, _timed, state.sampler, index, known)
        if made is None:
            state.exhausted = True
            return False
        state.ready.assignments[index] = made
        return True


def _timed(sampler: Sampler, index: int, known: list[Observation]) -> Assignment | None:
    """In the thread, where only the sampler's own time counts."""
    with metrics.PROPOSAL_SECONDS.time():
        return sampler.propose(index, known)


def propose(
    sampler: Sampler, indices: Iterable[int], known: list[Observation]
) -> tuple[Proposal, ...]:
    """Proposals, each with those before it pending, which are added to what is known; fewer when the
    space is exhausted.
    """
    made: list[Proposal] = []
    for index in indices:
        assignment = sampler.propose(index, known)
        if assignment is None:
            break
        known.append(Observation(index, assignment, None, ended=False))
        made.append(Proposal(index, assignment))
    return tuple(made)
