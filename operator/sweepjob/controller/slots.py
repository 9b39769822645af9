"""Free slots, and the new trials that they are given to."""

from __future__ import annotations

from ..domain.plan.actions import CreateTrial
from ..domain.plan.planner import plan
from .observer import of_sweep
from .queues import Queues
from .settings import Settings
from .sweep_state import SweepState


def fill(state: SweepState, settings: Settings, queues: Queues, now: float) -> float | None:
    """Reserve the free slots of a sweep for new trials, and have these looked at: nothing is written
    here. Returns when time alone will call for another look at the sweep."""
    todo = plan(of_sweep(state, settings), now)
    for action in todo.actions:
        if isinstance(action, CreateTrial):
            state.reserved[action.trial] = action.assignment
            queues.trials.add((state.key, action.trial))
    return todo.wake_at
