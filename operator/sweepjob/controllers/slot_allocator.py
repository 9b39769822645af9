"""Free slots, and the new trials that they are given to."""

from __future__ import annotations

from ..lifecycle.planner import new_trials
from ..settings import Settings
from .queues import Queues
from .snapshot_builder import of_sweep
from .sweep_store import SweepState


def fill(state: SweepState, settings: Settings, queues: Queues, now: float) -> None:
    """Reserve the free slots of a sweep for new trials, and have these looked at: nothing is written
    here.
    """
    for new in new_trials(of_sweep(state, settings), now):
        state.reserved[new.index] = new.assignment
        queues.trials.add((state.key, new.index))
