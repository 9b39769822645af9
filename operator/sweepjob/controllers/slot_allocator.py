"""Gives free slots of a sweep to new trials."""

from __future__ import annotations

from dataclasses import replace

from ..lifecycle.planner import free_slots, new_trials
from ..settings import OperatorSettings
from .queues import Queues
from .snapshot_builder import sweep_snapshot
from .state.sweep_store import SweepStore


def fill_slots(sweep: SweepStore, settings: OperatorSettings, queues: Queues, now: float) -> None:
    """Reserve free slots for new trials, and queue the trials, which creates their records.

    Args:
        sweep: an active sweep.
        settings: the operator's settings.
        queues: the controllers' queues.
        now: seconds since the epoch.
    """
    snap = sweep_snapshot(sweep.state, settings)
    snap = replace(snap, proposals=sweep.propose(free_slots(snap), now))
    for new in new_trials(snap, now):
        sweep.reserve_slot(new)
        queues.trials.add((sweep.state.identity.key, new.index))
