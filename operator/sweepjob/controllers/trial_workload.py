"""The Jobs and pods of a trial, as the watch caches have them at one moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..api.meta.identity import ObjectKey
from ..api.spec.trial_manifest import TrialManifest
from ..kube.resources import PODS
from ..lifecycle.remaining_containers import settles
from ..lifecycle.workload import Job, Pod, StartBlocker, TrainerEnd
from ..trial_pods.cached_objects import CachedPod
from .caches import Caches
from .state.trial_state import TrialState
from .unreadable_objects import UnreadableTrialObject


@dataclass(frozen=True, slots=True)
class Workload:
    """The Jobs and pods of a trial in the watch caches.

    Attributes:
        jobs: all Jobs of the trial, of every attempt.
        pods: all pods of the trial, of every attempt.
        orphan_pods: pods that name the trial and its current attempt, and whose Job is unknown.
        since: the time since which every event of a pod has been seen, in seconds since the epoch.
        attempt: the current attempt.
        authorities: fingerprints of the certificate authorities that the sidecars of the current attempt
            trust; none if that is not known.
        budget: the budget that the execution of the current attempt was given; None without one.
        unreadable: its record, objects and pods that cannot be read, of the current attempt.
    """

    jobs: tuple[Job, ...]
    pods: tuple[CachedPod, ...]
    orphan_pods: tuple[CachedPod, ...]
    since: float
    attempt: int
    authorities: frozenset[str]
    unreadable: tuple[UnreadableTrialObject, ...]
    budget: int | None = None

    @classmethod
    def of(
        cls,
        trial: TrialState,
        namespace: str,
        caches: Caches,
        manifest: TrialManifest | None = None,
    ) -> Workload:
        """Return the Jobs and pods of a trial in the caches.

        Args:
            trial: a live trial.
            namespace: the namespace of its sweep.
            caches: the caches of Jobs and pods.
            manifest: the manifest of the sweep; None where trials are Jobs.
        """
        key, attempt = ObjectKey(namespace, trial.name), trial.status.attempt
        orphans = caches.orphan_pods_of(key, trial.uid)
        jobs = [job for job in caches.jobs_of(key) if job.owner == trial.uid]
        current = next((job for job in jobs if job.view.attempt == attempt), None)
        unreadable = caches.unreadable_of(key, trial.uid)
        views = tuple(caches.views_of(key, trial.uid, manifest))
        # One that was never read exists nevertheless.
        known = {view.uid for view in views}
        unread = (one.view for one in unreadable if one.view is not None and one.uid not in known)
        return cls(
            jobs=(*views, *unread),
            pods=tuple(caches.pods_of(key, trial.uid)),
            orphan_pods=tuple(pod for pod in orphans if pod.attempt == attempt),
            since=caches.pods_seen_since(namespace),
            attempt=attempt,
            authorities=frozenset() if current is None else current.authorities,
            budget=None if current is None else current.budget,
            unreadable=tuple(one for one in unreadable if one.attempt in (None, attempt)),
        )

    @property
    def current_jobs(self) -> list[Job]:
        """The Job of the current attempt, if it exists."""
        return [job for job in self.jobs if job.attempt == self.attempt]

    @property
    def current_pods(self) -> list[CachedPod]:
        """The pods of the current attempt."""
        return [pod for pod in self.pods if pod.attempt == self.attempt]

    @property
    def has_unreadable_pod(self) -> bool:
        """Whether a pod of the current attempt cannot be read."""
        return any(one.resource == PODS.plural for one in self.unreadable)

    @property
    def orphan_views(self) -> tuple[Pod, ...]:
        """The orphan pods for the planner.

        Garbage collection deletes them. No pod is deleted because of its labels alone.
        """
        return tuple(
            replace(pod.view, deleting=True).clamp_to_watch_start(self.since)
            for pod in self.orphan_pods
        )

    @property
    def has_ended_pod(self) -> bool:
        """Whether the trainer of a pod of the current attempt has ended."""
        pods = self.current_pods
        return self.trainer_end is not None or any(
            p.view.is_terminal or p.containers_succeeded for p in pods
        )

    @property
    def may_have_succeeded(self) -> bool:
        """Whether a trainer has ended, or only the Job can tell."""
        return self.has_ended_pod or self.has_unreadable_pod

    @property
    def trainer_end(self) -> TrainerEnd | None:
        """How the trainer ended while other containers of its pod still run; None otherwise."""
        pods = (p.view for p in self.current_pods if not p.view.is_terminal)
        return next((pod.trainer_end for pod in pods if settles(pod)), None)

    def start_blocker(self, trial: TrialState, instances: int) -> StartBlocker | None:
        """Return what keeps the trial from starting; None while the trainers of all its pods run.

        Args:
            trial: the trial.
            instances: pods of a trial.
        """
        pods = self.current_pods
        started = {p.view.rank for p in pods if p.view.started is not None}
        if len(started) >= instances and any(
            pod.view.started is not None for pod in pods if not pod.view.is_terminal
        ):
            return None
        blocked = [(p.view.rank, p.start_blocker) for p in pods if p.start_blocker is not None]
        # Where one rank waits for capacity and another cannot start at all, the second one counts.
        rank, by_pods = min(
            blocked, key=lambda found: (found[1].waits, found[1].since, found[0]), default=(0, None)
        )
        if instances > 1 and by_pods is not None:
            by_pods = replace(by_pods, message=f"rank {rank}: {by_pods.message}")
        found = (trial.blockers.creation, trial.blockers.pod, by_pods)
        known = [blocker for blocker in found if blocker is not None]
        return min(known, key=lambda b: b.waits and instances > 1, default=None)
