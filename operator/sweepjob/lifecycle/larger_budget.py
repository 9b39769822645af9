"""Runs a trial again with a larger budget, where its policy gives the script a budget.

An execution that has succeeded with less than the largest budget does not end its trial. The policy's
decision about it is recorded, as every decision to pause a trial, and the trial waits for the policy to
choose it. Then it is another attempt, which begins from the start.
"""

from __future__ import annotations

from dataclasses import replace

from ..api.phases import TrialPhase
from .actions import Action, Plan, RecordEnd, RecordPause, RecordStop
from .snapshot import SweepSnapshot, TrialSnapshot


def with_larger_budget(trial: TrialSnapshot, sweep: SweepSnapshot, plan: Plan) -> Plan:
    """Return the plan in which a success with a smaller budget pauses the trial.

    Args:
        trial: a live trial.
        sweep: its sweep.
        plan: what follows without budgets.
    """
    if not sweep.has_budget:
        return plan
    return replace(plan, actions=tuple(_in_place_of(action, trial) for action in plan.actions))


def _in_place_of(action: Action, trial: TrialSnapshot) -> Action:
    is_success = isinstance(action, RecordEnd) and action.phase is TrialPhase.SUCCEEDED
    if trial.stop is not None:
        if is_success and trial.stop.pauses:
            return RecordPause(trial.index, trial.attempt + 1, trial.failures, trial.stop)
        return action
    # Other containers are still to be ended.
    is_early = isinstance(action, RecordStop) and action.stop.outcome is TrialPhase.SUCCEEDED
    if trial.rung_stop is not None and (is_success or is_early):
        return RecordStop(trial.index, trial.rung_stop)
    return action
