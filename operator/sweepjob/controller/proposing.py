"""Proposals of samplers that learn: made in a thread of their own, as soon as there is a slot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from ..domain.plan.planner import is_over
from ..domain.plan.snapshot import Proposal, Snapshot
from ..domain.sampling import Observation, Sampler
from ..domain.space import Assignment

if TYPE_CHECKING:
    from .sweep_state import SweepState

# A pass asks for so many at most; then what was proposed gets going before more is.
_BATCH = 8


@dataclass(slots=True)
class Ready:
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
    sweep waits for those that asked before it."""

    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="proposals")
    )

    async def make_ready(self, state: SweepState, snap: Snapshot, wanted: int, now: float) -> bool:
        """Make proposals for the free slots of a sweep whose sampler learns; whether there are new
        ones."""
        idle = snap.suspended or is_over(snap, now) or state.exhausted
        if not state.sampler.learns or idle or len(snap.proposals) >= wanted:
            return False
        indices = state.free_indices(wanted)
        ready = state.ready.of(indices)
        lacking = indices[len(ready) : len(ready) + _BATCH]
        known = state.observations()
        known += [Observation(p.index, p.assignment, None, ended=False) for p in ready]
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._thread, propose, state.sampler, lacking, known)
        state.exhausted = len(made) < len(lacking)
        state.ready = Ready({p.index: p.assignment for p in (*ready, *made)})
        return bool(made)


def propose(
    sampler: Sampler, indices: Iterable[int], known: list[Observation]
) -> tuple[Proposal, ...]:
    """Proposals, each with those before it pending; fewer when the space is exhausted."""
    made: list[Proposal] = []
    for index in indices:
        assignment = sampler.propose(index, known)
        if assignment is None:
            break
        known.append(Observation(index, assignment, None, ended=False))
        made.append(Proposal(index, assignment))
    return tuple(made)
