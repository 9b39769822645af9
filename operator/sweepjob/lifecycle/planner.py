"""The planner: what to do next about a sweep."""

from __future__ import annotations

from dataclasses import replace

from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from .actions import CreateTrial, LaunchJob, Plan
from .snapshot import Proposal, Snapshot, Trial
from .trial_planner import plan_trial

STOPPED = "Stopped"
SWEEP_TIMEOUT = "SweepTimeout"
TRIAL_TIMEOUT = "TrialTimeout"
FAILED_TRIALS = "TooManyFailedTrials"


def plan(trial: Trial, sweep: Snapshot, now: float) -> Plan:
    """What can be done now about a live trial, and when time alone will call for more.

    Args:
        now: seconds since the epoch.

    Called again after its actions have been carried out, until it asks for nothing: every action
    changes what the next snapshot shows, so no progress has to be remembered here, and a crash
    between two actions is repaired by planning again.
    """
    todo = plan_trial(_with_verdict(trial, sweep, now), sweep, now)
    times = (todo.wake_at, _deadline(trial, sweep))
    coming = (when for when in times if when is not None and when > now)
    return Plan(todo.actions, min(coming, default=None))


def plan_new(proposal: Proposal, sweep: Snapshot, now: float) -> Plan:
    """How to begin a trial that the sweep counts as one of its own already; no actions when there is no
    slot for it any more.
    """
    if not _is_open(sweep, now) or _room(sweep) < 0:
        return Plan(())
    index = proposal.index
    return Plan((CreateTrial(index, proposal.assignment), LaunchJob(index, attempt=1)))


def new_trials(sweep: Snapshot, now: float) -> tuple[Proposal, ...]:
    """The proposals that there is a slot for."""
    return sweep.proposals[: free_slots(sweep)] if _is_open(sweep, now) else ()


def is_over(sweep: Snapshot, now: float) -> bool:
    """Whether nothing is left to run and nothing new will be started, but for a suspension."""
    if sweep.occupied:
        return False
    if reason_to_end(sweep, now) is not None:
        return True
    at_limit = sweep.totals.created >= sweep.limits.max_total_trials
    return at_limit or (sweep.exhausted and not sweep.proposals)


def free_slots(sweep: Snapshot) -> int:
    """How many trials there is room for beside those that are counted."""
    return max(0, _room(sweep))


def _room(sweep: Snapshot) -> int:
    """Free slots; below zero when limits have been lowered."""
    limits = sweep.limits
    left = limits.max_total_trials - sweep.totals.created
    return min(limits.max_concurrent_trials - (sweep.occupied - sweep.vacated), left)


def _is_open(sweep: Snapshot, now: float) -> bool:
    """Whether new trials may begin at all."""
    failed = sweep.totals.failed + sweep.failing
    ends = reason_to_end(sweep, now) is not None or _too_many_failed(sweep, failed)
    return not (ends or sweep.suspended)


def _too_many_failed(sweep: Snapshot, failed: int) -> bool:
    allowed = sweep.limits.max_failed_trials
    return allowed is not None and failed > allowed


def reason_to_end(sweep: Snapshot, now: float) -> tuple[str, str] | None:
    """Reason and sentence when a limit or a person ends the sweep, None otherwise."""
    if sweep.stopped:
        return STOPPED, "spec.stop is true"
    timeout = sweep.limits.timeout
    if timeout is not None and now >= sweep.started + timeout:
        return SWEEP_TIMEOUT, f"the sweep's timeout of {timeout:g} s has passed"
    if _too_many_failed(sweep, sweep.totals.failed):
        allowed = sweep.limits.max_failed_trials
        return (
            FAILED_TRIALS,
            f"{sweep.totals.failed} trials failed; maxFailedTrials is {allowed}",
        )
    return None


def timeout_due(sweep: Snapshot, now: float) -> float | None:
    """When the sweep's timeout will end it, in seconds since the epoch; None when it has none, or has
    passed.
    """
    timeout = sweep.limits.timeout
    if timeout is None or now >= sweep.started + timeout:
        return None
    return sweep.started + timeout


def _deadline(trial: Trial, sweep: Snapshot) -> float | None:
    timeout = sweep.limits.trial_timeout
    training = (p for p in trial.pods if not p.is_terminal and p.trainer_end is None)
    started = [pod.started for pod in training if pod.started is not None]
    if timeout is None or not started or trial.stop is not None:
        return None
    return min(started) + timeout


def _with_verdict(trial: Trial, sweep: Snapshot, now: float) -> Trial:
    """The trial with a decision by a limit, where one has been reached."""
    if trial.stop is not None or trial.pending_stop is not None:
        return trial
    ending = reason_to_end(sweep, now)
    if ending is not None:
        return replace(trial, pending_stop=StopDecision(TrialPhase.CANCELED, *ending))
    deadline = _deadline(trial, sweep)
    if deadline is not None and now >= deadline:
        timeout = sweep.limits.trial_timeout
        message = f"it ran longer than trialTimeout, {timeout:g} s"
        return replace(
            trial, pending_stop=StopDecision(TrialPhase.CANCELED, TRIAL_TIMEOUT, message)
        )
    return trial
