"""Finds out why a trial has no pod, or a pod that does not start: only events show it.

Events are listed for one object at a time, by its uid, and only when it takes longer than usual. They are
not watched: there are too many in a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..api import names
from ..api.meta.identity import ObjectKey
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..lifecycle.workload import StartBlocker
from ..timestamps import parse_time
from ..trial_pods.cached_objects import JOB, CachedJob, CachedPod
from ..trial_pods.start_blockers import POD_EVENTS, of_pod_event, of_refused_pod
from .caches import Caches
from .namespace_constraint_reader import NamespaceConstraintReader
from .recent_times import RecentTimes
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState

# Seconds without a pod, and without a start, before the first poll; the longest pause between two.
_USUAL, _USUAL_START, _LONGEST_PAUSE = 1.5, 10.0, 60.0
# Seconds. The kubelet retries a mount after two minutes at most: an older event is obsolete.
_STALE = 180.0
_MISSING_PERMISSION = (
    ". The operator may not list limitranges and resourcequotas, so it could not adjust the sidecar"
)


class JobEventPoller:
    """Reads the events of Jobs that have no pod, and of pods that do not start.

    An object is polled when it takes longer than usual, with pauses that grow.

    Args:
        api: the API server.
        caches: the caches of Jobs and pods.
        limits: reads the LimitRanges and quotas of a namespace.
    """

    def __init__(self, api: KubeClient, caches: Caches, limits: NamespaceConstraintReader) -> None:
        self._api = api
        self._caches = caches
        self._limits = limits
        self._polled = RecentTimes()  # by uid of the Job or pod

    async def poll(self, sweep: SweepStore, trial: TrialState, now: float) -> float | None:
        """Note in the trial's state why it has no pod, or why its pod does not start.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            now: seconds since the epoch.

        Returns:
            The time to poll again, in seconds since the epoch; None when there is no need.
        """
        dues = (
            await self._poll_job(sweep, trial, now),
            await self._poll_pod(sweep, trial, now),
        )
        return min((due for due in dues if due is not None), default=None)

    async def _poll_job(self, sweep: SweepStore, trial: TrialState, now: float) -> float | None:
        job = self._job_without_pods(sweep, trial)
        if job is None or job.started is None:
            return None
        due = self._due(job.uid, job.started, _USUAL)
        if due <= now:
            await self._read_job_events(sweep, trial, job, now)
            due = self._due(job.uid, job.started, _USUAL)
        return due

    async def _poll_pod(self, sweep: SweepStore, trial: TrialState, now: float) -> float | None:
        pod = self._pod_to_start(sweep, trial)
        if pod is None:
            sweep.trials.note_pod_blocker(trial, None)
            return None
        is_current = trial.status.stop is None and pod.attempt == trial.status.attempt
        if not is_current or not _does_not_start(pod):
            self._polled.discard(pod.uid)
            sweep.trials.note_pod_blocker(trial, None)
            return None
        since = pod.gpus_held_since or pod.created
        due = self._due(pod.uid, since, _USUAL_START)
        if due <= now:
            self._polled.note(pod.uid, now)
            blocker = await self._pod_blocker(pod, now)
            if blocker is not None and sweep.state.spec.trial.instance_count > 1:
                blocker = replace(blocker, message=f"rank {pod.view.rank}: {blocker.message}")
            sweep.trials.note_pod_blocker(trial, blocker)
            due = self._due(pod.uid, since, _USUAL_START)
        return due

    def _pod_to_start(self, sweep: SweepStore, trial: TrialState) -> CachedPod | None:
        """Return the newest pod; of several, the lowest rank of the attempt that does not start."""
        key = ObjectKey(sweep.state.namespace, trial.name)
        if sweep.state.spec.trial.instance_count > 1:
            pods = (p for p in self._caches.pods_of(key, trial.uid) if _does_not_start(p))
            own = [p for p in pods if p.attempt == trial.status.attempt]
            if own:
                return min(own, key=lambda pod: pod.view.rank)
        return self._caches.newest_pod(key, trial.uid)

    def _job_without_pods(self, sweep: SweepStore, trial: TrialState) -> CachedJob | None:
        """Return the Job of a trial if it should have more pods than it has; otherwise None."""
        key, attempt = ObjectKey(sweep.state.namespace, trial.name), trial.status.attempt
        listed = [j for j in self._caches.jobs_of(key) if j.view.attempt == attempt]
        jobs = [job for job in listed if job.kind == JOB]
        if sweep.state.spec.trial.manifest is not None:  # Jobs that its object made
            pods = self._caches.pods_of(key, trial.uid)
            jobs = [job for job in jobs if not any(pod.owner == job.uid for pod in pods)]
        if not jobs or trial.status.stop is not None:
            return None
        view = jobs[0].view
        ending = view.succeeded or view.failure is not None or view.failing is not None
        idle = view.suspended or view.deleting or ending
        pods = self._caches.pods_of(key, trial.uid)
        ranks = {pod.view.rank for pod in pods if pod.attempt == attempt}
        if not idle and len(ranks) < jobs[0].instances:
            return jobs[0]
        self._polled.discard(view.uid)
        sweep.trials.note_creation_blocker(trial, None)
        return None

    def _due(self, uid: str, started: float, usual: float) -> float:
        polled = self._polled.get(uid)
        if polled is None:
            return started + usual
        return polled + min(_LONGEST_PAUSE, max(usual, polled - started))

    async def _read_job_events(
        self, sweep: SweepStore, trial: TrialState, job: CachedJob, now: float
    ) -> None:
        self._polled.note(job.uid, now)
        selector = f"involvedObject.uid={job.uid},reason=FailedCreate"
        found = await self._events(job.namespace, selector)
        if not found:
            return
        said = str(max(found, key=_when).get("message", ""))
        before = trial.blockers.creation
        since = now if before is None else before.since
        # The next Job has to satisfy the constraint that refused this pod.
        self._limits.forget(job.namespace)
        may_refit = not self._limits.is_refused and not _was_refitted(trial)
        pod = await self._template_of(job)
        refused = of_refused_pod(said, since, pod, may_refit=may_refit)
        if names.SIDECAR in said + refused.message and self._limits.is_refused:
            refused = StartBlocker(
                refused.reason, refused.message + _MISSING_PERMISSION, since, refused.waits
            )
        sweep.trials.note_creation_blocker(trial, refused)

    async def _template_of(self, job: CachedJob) -> Mapping[str, Any]:
        """Return the pod template's spec, with the containers that a refusal is about."""
        try:
            body = await self._api.get(resources.JOBS, job.namespace, job.name)
        except errors.ApiError:
            return {}
        spec: Mapping[str, Any] = body["spec"]["template"]["spec"]
        return spec

    async def _pod_blocker(self, pod: CachedPod, now: float) -> StartBlocker | None:
        found = await self._events(pod.namespace, f"involvedObject.uid={pod.uid},type=Warning")
        telling = [e for e in found if e.get("reason") in POD_EVENTS and _when(e) >= now - _STALE]
        if not telling:
            return None
        newest = max(telling, key=_when)
        since = pod.gpus_held_since or pod.created
        return of_pod_event(str(newest["reason"]), str(newest.get("message", "")), since)

    async def _events(self, namespace: str, selector: str) -> list[Mapping[str, Any]]:
        try:
            return [*await self._api.list_by_field(resources.EVENTS, namespace, selector)]
        except errors.ApiError:
            return []  # polled again later


def _was_refitted(trial: TrialState) -> bool:
    """Return whether the previous attempt ended to adjust the sidecar's resources. That is tried once."""
    before = trial.status.attempt - 1
    return any(
        e.attempt == before and e.reason == names.REASON_FITTED for e in trial.status.executions
    )


def _does_not_start(pod: CachedPod) -> bool:
    """Return whether a scheduled pod has started no container, or one of its images cannot be pulled."""
    view = pod.view
    if view.is_terminal or view.deleting or view.started is not None or not view.node:
        return False
    lacks_image = pod.start_blocker is not None and pod.start_blocker.reason == names.REASON_IMAGE
    return not pod.any_container_started or lacks_image


def _when(event: Mapping[str, Any]) -> float:
    """Return when an event occurred last, in seconds since the epoch."""
    series = event.get("series") or {}
    times = (
        event.get("lastTimestamp"),
        series.get("lastObservedTime"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return next((t for t in map(parse_time, times) if t is not None), 0.0)
