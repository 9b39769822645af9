"""The planner: what to do next about a sweep."""

from __future__ import annotations

from dataclasses import replace

from .actions import Action, CreateTrial, LaunchJob, Plan, RecordEnd
from .snapshot import Phase, Snapshot, Stop, Trial
from .trial import plan_trial

STOPPED = "Stopped"
SWEEP_TIMEOUT = "SweepTimeout"
TRIAL_TIMEOUT = "TrialTimeout"
FAILED_TRIALS = "TooManyFailedTrials"


def plan(snapshot: Snapshot, now: float) -> Plan:
    """Everything that can be done now, and when time alone will call for more.

    Args:
        snapshot: the sweep with one of its live trials, or with none to see which new ones there is room
            for.
        now: seconds since the epoch.

    Called again after its actions have been carried out, until it asks for nothing: every action
    changes what the next snapshot shows, so no progress has to be remembered here, and a crash
    between two actions is repaired by planning again.
    """
    ending = reason_to_end(snapshot, now)
    actions: list[Action] = []
    wakes: dict[int, float] = {}
    occupied = snapshot.resting - snapshot.vacated
    failed = snapshot.totals.failed + snapshot.failing
    for trial in snapshot.live:
        step = plan_trial(_with_verdict(trial, snapshot, ending, now), snapshot, now)
        actions += step.actions
        due = (step.wake_at, _deadline(trial, snapshot))
        coming = min((when for when in due if when is not None and when > now), default=None)
        if coming is not None:
            wakes[trial.index] = coming
        ends = [a for a in step.actions if isinstance(a, RecordEnd)]
        occupied += not ends
        failed += any(end.phase is Phase.FAILED for end in ends)
    if ending is None and not _too_many_failed(snapshot, failed):
        actions += _new_trials(snapshot, occupied)
    times = list(wakes.values())
    if snapshot.limits.timeout is not None and snapshot.occupied:
        times.append(snapshot.started + snapshot.limits.timeout)
    return Plan(tuple(actions), min((w for w in times if w > now), default=None), wakes)


def is_over(snapshot: Snapshot, now: float) -> bool:
    """Whether nothing is left to run and nothing new will be started, but for a suspension."""
    if snapshot.occupied:
        return False
    if reason_to_end(snapshot, now) is not None:
        return True
    at_limit = snapshot.totals.created >= snapshot.limits.max_total_trials
    return at_limit or (snapshot.exhausted and not snapshot.proposals)


def free_slots(snapshot: Snapshot) -> int:
    """How many trials may be created when none of the live ones ends."""
    limits = snapshot.limits
    left = limits.max_total_trials - snapshot.totals.created
    occupied = snapshot.occupied - snapshot.vacated
    return max(0, min(limits.max_concurrent_trials - occupied, left))


def _new_trials(snapshot: Snapshot, occupied: int) -> list[Action]:
    if snapshot.suspended:
        return []
    limits = snapshot.limits
    left = limits.max_total_trials - snapshot.totals.created
    room = min(limits.max_concurrent_trials - occupied, left)
    new: list[Action] = []
    for p in snapshot.proposals[: max(0, room)]:
        new += [CreateTrial(p.index, p.assignment), LaunchJob(p.index, attempt=1)]
    return new


def _too_many_failed(snapshot: Snapshot, failed: int) -> bool:
    allowed = snapshot.limits.max_failed_trials
    return allowed is not None and failed > allowed


def reason_to_end(snapshot: Snapshot, now: float) -> tuple[str, str] | None:
    """Reason and sentence when a limit or a person ends the sweep, None otherwise."""
    if snapshot.stopped:
        return STOPPED, "spec.stop is true"
    timeout = snapshot.limits.timeout
    if timeout is not None and now >= snapshot.started + timeout:
        return SWEEP_TIMEOUT, f"the sweep's timeout of {timeout:g} s has passed"
    if _too_many_failed(snapshot, snapshot.totals.failed):
        allowed = snapshot.limits.max_failed_trials
        return (
            FAILED_TRIALS,
            f"{snapshot.totals.failed} trials failed; maxFailedTrials is {allowed}",
        )
    return None


def _deadline(trial: Trial, snapshot: Snapshot) -> float | None:
    timeout = snapshot.limits.trial_timeout
    started = [pod.started for pod in trial.pods if pod.started is not None and not pod.is_terminal]
    if timeout is None or not started or trial.stop is not None:
        return None
    return min(started) + timeout


def _with_verdict(
    trial: Trial, snapshot: Snapshot, ending: tuple[str, str] | None, now: float
) -> Trial:
    """The trial with a decision by a limit, where one has been reached."""
    if trial.stop is not None or trial.verdict is not None:
        return trial
    if ending is not None:
        return replace(trial, verdict=Stop(Phase.CANCELED, *ending))
    deadline = _deadline(trial, snapshot)
    if deadline is not None and now >= deadline:
        timeout = snapshot.limits.trial_timeout
        message = f"it ran longer than trialTimeout, {timeout:g} s"
        return replace(trial, verdict=Stop(Phase.CANCELED, TRIAL_TIMEOUT, message))
    return trial
