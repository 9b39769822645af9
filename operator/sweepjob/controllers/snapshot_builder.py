"""From the caches and the memory of a sweep to the values that decisions are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ..api.metrics import RETRY
from ..api.phases import TrialPhase
from ..lifecycle.observed import EarlierAttempt, Job, Pod, StartBlocker
from ..lifecycle.planner import free_slots
from ..lifecycle.snapshot import Snapshot, Trial
from ..settings import Settings
from ..trial_pods.pod_records import PodRecord
from .caches import Caches
from .sweep_store import SweepState
from .trial_store import TrialState

V = TypeVar("V", Pod, Job)


def of_sweep(state: SweepState, settings: Settings, most: int | None = None) -> Snapshot:
    """The sweep with as many proposals as there are free slots.

    Args:
        most: as many proposals at most; None for what is wanted.
    """
    seen = without_proposals(state, settings)
    wanted = free_slots(seen) if most is None else min(free_slots(seen), most)
    proposals = state.proposals(wanted)
    return replace(seen, proposals=proposals, exhausted=state.exhausted)


def without_proposals(state: SweepState, settings: Settings) -> Snapshot:
    """The sweep as a look at one of its trials needs it."""
    spec = state.spec
    # What a trial that ends now has shown is to count for the one that takes its place.
    vacated = 0 if state.sampler.uses_observations else len(state.leaving)
    return Snapshot(
        limits=spec.limits,
        started=state.started,
        suspended=spec.suspend,
        stopped=spec.stop,
        node_patience=settings.node_patience,
        companion_grace=spec.trial.companion_grace,
        max_retries=spec.trial.max_retries,
        retry_incomplete=spec.metrics.on_incomplete == RETRY,
        occupied=len(state.live) + len(state.reserved) + state.held,
        totals=state.totals(),
        vacated=vacated,
        failing=sum(phase is TrialPhase.FAILED for phase in state.leaving.values()),
    )


def of_trial(
    state: SweepState,
    trial: TrialState,
    caches: Caches,
    interval: Callable[[], float],
    is_read: Callable[[PodRecord], bool],
    now: float,
) -> Trial:
    """A live trial: its record, what was decided about it, and what runs for it.

    Args:
        interval: tells the seconds between two writes of a curve, at least.
        is_read: whether all reports of a pod that has ended have been taken in; before, it counts
            as running.
        now: seconds since the epoch.
    """
    key = (state.namespace, trial.name)
    owned = [j.view for j in caches.jobs_of(key) if j.owner == trial.uid]
    jobs = [job for job in owned if job.attempt == trial.attempt]
    pods = [p for p in caches.pods_of(key, trial.uid) if p.attempt == trial.attempt]
    orphan_pods = [p for p in caches.orphan_pods_of(key, trial.uid) if p.attempt == trial.attempt]
    since = caches.pods_seen_since(state.namespace)
    trial.look_for_job(there=bool(jobs), now=now, since=since)
    trial.start_blocker = _trouble_of(trial, pods)
    ends = (p.view.trainer_end for p in pods if not p.view.is_terminal)
    trial.trainer_end = next((end for end in ends if end is not None), None)
    state.capacity_limited |= trial.start_blocker is not None and trial.start_blocker.waits
    return Trial(
        index=trial.index,
        name=trial.name,
        uid=trial.uid,
        phase=trial.phase,
        reason=trial.reason,
        attempt=trial.attempt,
        failures=trial.failures,
        launched=trial.launched,
        missing_since=trial.missing_since,
        unanswered=trial.unanswered,
        launch_at=trial.launch_at,
        stop=trial.stop,
        pending_stop=trial.pending_stop,
        progress_due=_progress_due(trial, interval),
        start_blocker=trial.start_blocker,
        interruption=trial.interruption,
        jobs=tuple(_seen(job, trial).watched(since) for job in jobs),
        pods=tuple(_seen(_counted(p, trial, state, is_read), trial).watched(since) for p in pods),
        earlier=_earlier(trial, owned, caches.pods_of(key, trial.uid), since),
        # They go by themselves. On the word of a label alone no pod is deleted.
        orphan_pods=tuple(replace(pod.view, deleting=True).watched(since) for pod in orphan_pods),
    )


def _earlier(
    trial: TrialState, jobs: Sequence[Job], pods: Sequence[PodRecord], since: float
) -> tuple[EarlierAttempt, ...]:
    """What is left of attempts before the current one."""
    attempts = {j.attempt for j in jobs} | {p.attempt for p in pods}
    return tuple(
        EarlierAttempt(
            next((_seen(j, trial) for j in jobs if j.attempt == attempt), None),
            tuple(_seen(p.view, trial).watched(since) for p in pods if p.attempt == attempt),
        )
        for attempt in sorted(attempts)
        if attempt < trial.attempt
    )


def _progress_due(trial: TrialState, interval: Callable[[], float]) -> float | None:
    if trial.unwritten_since is None:
        return None
    return max(trial.unwritten_since, trial.written) + trial.write_interval(interval())


def _trouble_of(trial: TrialState, pods: Sequence[PodRecord]) -> StartBlocker | None:
    """What keeps a trial from getting going; nothing does while its trainer runs."""
    if any(pod.view.started is not None for pod in pods if not pod.view.is_terminal):
        return None
    return trial.refused or trial.stuck or _first(pods)


def _counted(
    pod: PodRecord, trial: TrialState, state: SweepState, is_read: Callable[[PodRecord], bool]
) -> Pod:
    """Whether a pod has ended, as far as the sweep is concerned: a moment before Kubernetes says so where
    there is room enough, and not before all its reports have been taken in.
    """
    view = trial.view_of(pod)
    view = replace(view, last=pod.view.uid in trial.last, incomplete=trial.incomplete)
    if pod.containers_succeeded and not state.capacity_limited:
        view = replace(view, succeeded=True)
    over = view.is_terminal or view.trainer_end is not None
    unread = over and not view.is_interrupted and not is_read(pod)
    return replace(view, succeeded=None, trainer_end=None) if unread else view


def _seen(view: V, trial: TrialState) -> V:
    """With our own deletion in it, which the cache may not show yet."""
    return replace(view, deleting=True) if view.uid in trial.deleted else view


def _first(pods: Sequence[PodRecord]) -> StartBlocker | None:
    return next((pod.start_blocker for pod in pods if pod.start_blocker is not None), None)
