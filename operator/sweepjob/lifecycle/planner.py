"""Plans what to do next about a sweep and its trials."""

from __future__ import annotations

from dataclasses import replace

from ..api import names
from ..api.meta.cause import Cause
from ..api.phases import TrialPhase
from ..api.sweeptrial.stop_decision import StopDecision
from .actions import CreateJob, CreateTrial, Plan
from .pause import desired_stop, end_of_paused, may_pause
from .result_limits import has_reached_target, may_end_soon, no_improvement_end, target_end
from .snapshot import Proposal, SweepSnapshot, TrialSnapshot
from .trial_planner import plan_trial

STOPPED = "Stopped"
SWEEP_TIMEOUT = "SweepTimeout"
TRIAL_TIMEOUT = names.REASON_TRIAL_TIMEOUT
FAILED_TRIALS = "TooManyFailedTrials"


def plan(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Plan:
    """Plan the next steps of a live trial.

    It is called again after the actions were executed, until it asks for none. Each action changes what
    the next snapshot shows, so nothing has to be remembered here, and a crash between two actions is
    repaired by planning again.

    Args:
        trial: the trial.
        sweep: its sweep at the same moment.
        now: seconds since the epoch.
    """
    todo = plan_trial(_with_limit_stop(trial, sweep, now), sweep, now)
    times = (todo.wake_at, _timeout_at(trial, sweep), _usage_due(sweep, now))
    coming = (when for when in times if when is not None and when > now)
    return Plan(todo.actions, min(coming, default=None))


def plan_new_trial(proposal: Proposal, sweep: SweepSnapshot, now: float) -> Plan:
    """Plan the first steps of a trial with a reserved slot; no actions when the slot is gone.

    Args:
        proposal: the reserved index and its assignment.
        sweep: its sweep, with the reservation counted.
        now: seconds since the epoch.
    """
    if not _accepts_trials(sweep, now) or _capacity(sweep) < 0:
        return Plan(())
    index = proposal.index
    create = CreateTrial(index, proposal.assignment)
    if sweep.instances > 1:  # its Job waits for its turn
        return Plan((create,))
    return Plan((create, CreateJob(index, attempt=1)))


def new_trials(sweep: SweepSnapshot, now: float) -> tuple[Proposal, ...]:
    """Return the proposals that get a slot now.

    Args:
        sweep: the sweep, with its proposals.
        now: seconds since the epoch.
    """
    return sweep.proposals[: free_slots(sweep)] if _accepts_trials(sweep, now) else ()


def is_over(sweep: SweepSnapshot, now: float) -> bool:
    """Return whether no trial runs, and none will start even if the sweep is not suspended.

    Args:
        sweep: the sweep.
        now: seconds since the epoch.
    """
    if sweep.occupied or sweep.paused:
        return False
    return end_reason(sweep, now) is not None or not _has_new_trials(sweep)


def _has_new_trials(sweep: SweepSnapshot) -> bool:
    """Return whether trials may still be created, as far as the number of them is concerned."""
    at_limit = sweep.totals.created >= sweep.limits.max_total_trials
    return not at_limit and (not sweep.exhausted or bool(sweep.proposals))


def free_slots(sweep: SweepSnapshot) -> int:
    """Return how many further trials may start."""
    return max(0, _capacity(sweep))


def _capacity(sweep: SweepSnapshot) -> int:
    """Return the number of free slots; negative when limits were lowered."""
    left = sweep.limits.max_total_trials - sweep.totals.created
    return min(_unoccupied(sweep), left)


def _unoccupied(sweep: SweepSnapshot) -> int:
    return sweep.limits.max_concurrent_trials - (sweep.occupied - sweep.released)


def may_resume(sweep: SweepSnapshot, now: float) -> bool:
    """Return whether one of the paused trials may continue now, if one is chosen.

    Args:
        sweep: the sweep.
        now: seconds since the epoch.
    """
    return sweep.paused > 0 and _unoccupied(sweep) > 0 and _accepts_trials(sweep, now)


def nothing_else_runs(sweep: SweepSnapshot) -> bool:
    """Return whether only a paused trial can run: no other does, and no new one can start.

    Args:
        sweep: the sweep.
    """
    return not sweep.occupied and not _has_new_trials(sweep)


def ends_paused(sweep: SweepSnapshot, now: float) -> bool:
    """Return whether the trials that a policy paused end, of which none may continue.

    It is not so while a person decides: a trial that a person paused, or wants to continue, may change
    which of the others are among the best.

    Args:
        sweep: the sweep, of which no paused trial was chosen.
        now: seconds since the epoch.
    """
    waits = not sweep.paused or sweep.held or sweep.recalled
    return not waits and _accepts_trials(sweep, now) and nothing_else_runs(sweep)


def _accepts_trials(sweep: SweepSnapshot, now: float) -> bool:
    """Return whether new trials may start at all."""
    failed = sweep.totals.failed + sweep.failing
    ends = end_reason(sweep, now) is not None or _too_many_failed(sweep, failed)
    return not (ends or sweep.suspended or may_end_soon(sweep))


def _too_many_failed(sweep: SweepSnapshot, failed: int) -> bool:
    allowed = sweep.limits.max_failed_trials
    return allowed is not None and failed > allowed


def end_reason(sweep: SweepSnapshot, now: float) -> Cause | None:
    """Return why a limit or a person ends the sweep; None when neither does.

    A sweep that has what it was for says so, also if the trial that reached it was stopped later.

    Args:
        sweep: the sweep.
        now: seconds since the epoch.
    """
    return (
        target_end(sweep)
        or _stop_or_timeout(sweep, now)
        or _usage_end(sweep, now)
        or _failures_end(sweep)
        or no_improvement_end(sweep)
    )


def _stop_or_timeout(sweep: SweepSnapshot, now: float) -> Cause | None:
    if sweep.stopped:
        return Cause(STOPPED, "spec.stop is true")
    timeout = sweep.limits.timeout
    if timeout is not None and now >= sweep.started + timeout:
        return Cause(SWEEP_TIMEOUT, f"the sweep's timeout of {timeout:g} s has passed")
    return None


def _usage_end(sweep: SweepSnapshot, now: float) -> Cause | None:
    ends = (limit.end(now) for limit in sweep.usage_limits)
    return next((end for end in ends if end is not None), None)


def _usage_due(sweep: SweepSnapshot, now: float) -> float | None:
    due = (limit.due(now) for limit in sweep.usage_limits)
    return min((when for when in due if when is not None), default=None)


def _failures_end(sweep: SweepSnapshot) -> Cause | None:
    if _too_many_failed(sweep, sweep.totals.failed):
        allowed = sweep.limits.max_failed_trials
        return Cause(
            FAILED_TRIALS,
            f"{sweep.totals.failed} trials failed; maxFailedTrials is {allowed}",
        )
    return None


def _trial_end(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> Cause | None:
    """Return why the end of the sweep cancels a trial; None when it does not."""
    has_reached = has_reached_target(trial, sweep) and not trial.is_paused
    if target_end(sweep) is not None and has_reached:
        return _stop_or_timeout(sweep, now)
    return end_reason(sweep, now)


def end_due(sweep: SweepSnapshot, now: float) -> float | None:
    """Return when the timeout or a limit on usage ends the sweep if nothing happens until then.

    Args:
        sweep: the sweep.
        now: seconds since the epoch.

    Returns:
        Seconds since the epoch; None when it has no such limit, or is past it.
    """
    timeout, due = sweep.limits.timeout, _usage_due(sweep, now)
    if timeout is None or now >= sweep.started + timeout:
        return due
    return sweep.started + timeout if due is None else min(due, sweep.started + timeout)


def _timeout_at(trial: TrialSnapshot, sweep: SweepSnapshot) -> float | None:
    timeout = sweep.limits.trial_timeout
    training = (p for p in trial.pods if not p.is_terminal and p.trainer_end is None)
    started = [pod.started for pod in training if pod.started is not None]
    if timeout is None or not started or trial.stop is not None:
        return None
    left = timeout - trial.ran
    if sweep.instances > 1:
        if not trial.has_started(sweep.instances):
            return None
        return max(pod.started for pod in trial.pods if pod.started is not None) + left
    return min(started) + left


def _with_limit_stop(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> TrialSnapshot:
    """Return the trial with a pending stop where a limit is reached, or a person wants it."""
    pending = trial.pending_stop
    if pending is not None and pending.pauses and not may_pause(trial, sweep):
        pending = None
    if trial.stop is not None or (pending is not None and not pending.pauses):
        return trial
    ending = _trial_end(trial, sweep, now)
    if ending is not None:
        return replace(trial, pending_stop=StopDecision(TrialPhase.CANCELED, *ending))
    wanted = desired_stop(trial, sweep) or end_of_paused(trial, sweep) or pending
    if wanted is not trial.pending_stop:
        trial = replace(trial, pending_stop=wanted)
    return _with_timeout_stop(trial, sweep, now)


def _with_timeout_stop(trial: TrialSnapshot, sweep: SweepSnapshot, now: float) -> TrialSnapshot:
    deadline = _timeout_at(trial, sweep)
    if deadline is not None and now >= deadline:
        timeout = sweep.limits.trial_timeout
        message = f"it ran longer than trialTimeout, {timeout:g} s"
        return replace(
            trial, pending_stop=StopDecision(TrialPhase.CANCELED, TRIAL_TIMEOUT, message)
        )
    return trial
