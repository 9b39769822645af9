"""Gives free slots of a sweep to paused trials and to new ones."""

from __future__ import annotations

from dataclasses import replace

from ..api.phases import TrialPhase
from ..lifecycle.planner import ends_paused, free_slots, may_resume, new_trials, nothing_else_runs
from ..settings import OperatorSettings
from .queues import Queues
from .snapshot_builder import sweep_snapshot
from .state.sweep_store import SweepStore


def fill_slots(sweep: SweepStore, settings: OperatorSettings, queues: Queues, now: float) -> None:
    """Give free slots to paused trials that may continue, then to new trials.

    The trials are queued, which records that they continue, or creates their records.

    Args:
        sweep: an active sweep.
        settings: the operator's settings.
        queues: the controllers' queues.
        now: seconds since the epoch.
    """
    if sweep.state.paused:
        _resume_paused(sweep, settings, queues, now)
    snap = sweep_snapshot(sweep.state, settings)
    snap = replace(snap, proposals=sweep.propose(free_slots(snap), now))
    for new in new_trials(snap, now):
        sweep.reserve_slot(new)
        queues.trials.add((sweep.state.identity.key, new.index))


def _resume_paused(
    sweep: SweepStore, settings: OperatorSettings, queues: Queues, now: float
) -> None:
    """Give slots to paused trials; end them if none is chosen and nothing else can run."""
    key, paused = sweep.state.identity.key, sweep.state.paused
    if paused.are_ending and not paused.recalled:
        return  # one after the other, and the policy chooses none of them
    while True:
        wanted = min(1, free_slots(sweep_snapshot(sweep.state, settings)))
        proposals = sweep.propose(wanted, now)  # which may find that the sampler has no more
        snap = replace(sweep_snapshot(sweep.state, settings), proposals=proposals)
        if not may_resume(snap, now):
            return
        has_success = sweep.state.results.ended[TrialPhase.SUCCEEDED] > 0
        must_complete = nothing_else_runs(snap) and not has_success
        chosen = sweep.grant_slot_to_paused(must_complete=must_complete)
        if chosen is None:
            break
        queues.trials.add((key, chosen))
    if ends_paused(snap, now):
        sweep.end_paused()
        for index in paused.by_policy:
            queues.trials.add((key, index))
