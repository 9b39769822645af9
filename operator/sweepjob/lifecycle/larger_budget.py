"""Runs a trial again with a larger budget, where its policy gives the script a budget.

An execution that has succeeded with less than the largest budget does not end its trial. The policy's
decision about it is recorded, as every decision to pause a trial, and the trial waits for the policy to
choose it. Then it is another attempt, which begins from the start.
"""

from __future__ import annotations

from dataclasses import replace

from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import Action, Plan, RecordEnd, RecordPause, RecordStop
from .attempt_end import INCOMPLETE
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
        return RecordStop(trial.index, _with_loss(trial.rung_stop, action))
    return action


def _with_loss(stop: StopDecision, action: Action) -> StopDecision:
    """Return the decision, which says that reports may be missing if they may be."""
    if not isinstance(action, RecordEnd) or action.reason != INCOMPLETE:
        return stop
    return replace(stop, message=f"{stop.message}. {action.message}")
