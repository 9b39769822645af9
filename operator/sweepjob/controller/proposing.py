"""Proposals of samplers that learn: made in a thread of their own, as soon as there is a slot."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..domain.plan.planner import is_over
from ..domain.plan.snapshot import Snapshot
from ..domain.sampling import Observation, Sampler
from ..domain.space import Assignment

if TYPE_CHECKING:
    from .sweep_state import SweepState

# A pass asks for so many at most; then what was proposed gets going before more is.
_BATCH = 8


@dataclass(slots=True)
class Ready:
    """Proposals for the indices from ``first`` on, as long as nothing new was learnt."""

    first: int = 0
    assignments: tuple[Assignment, ...] = ()

    def of(self, index: int) -> tuple[Assignment, ...]:
        """Those from an index on."""
        return self.assignments[index - self.first :] if index >= self.first else ()

    def clear(self) -> None:
        """Something was learnt: what was proposed without it is forgotten."""
        self.assignments = ()


@dataclass(slots=True)
class Proposer:
    """One worker thread for the mathematics of all sweeps: the event loop never waits for it, and a
    sweep waits for those that asked before it."""

    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="proposals")
    )

    async def make_ready(self, state: SweepState, snap: Snapshot, wanted: int, now: float) -> bool:
        """Make proposals for the free slots of a sweep whose sampler learns; whether there are new
        ones, so that it is worth planning again."""
        idle = snap.suspended or is_over(snap, now) or state.exhausted
        if not state.sampler.learns or idle or len(snap.proposals) >= wanted:
            return False
        ready = state.ready.of(state.created)
        first, missing = state.created, min(wanted, len(ready) + _BATCH) - len(ready)
        known = state.observations()
        known += [Observation(first + n, a, None, ended=False) for n, a in enumerate(ready)]
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(
            self._thread, propose, state.sampler, first + len(ready), missing, known
        )
        state.exhausted = len(made) < missing
        state.ready = Ready(first, (*ready, *made))
        return bool(made)


def propose(
    sampler: Sampler, first: int, count: int, known: list[Observation]
) -> tuple[Assignment, ...]:
    """The next proposals, each with those before it pending; fewer when the space is exhausted."""
    made: list[Assignment] = []
    for index in range(first, first + count):
        assignment = sampler.propose(index, known)
        if assignment is None:
            break
        known.append(Observation(index, assignment, None, ended=False))
        made.append(assignment)
    return tuple(made)
