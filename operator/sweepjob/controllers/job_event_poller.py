"""Why a trial has no pod, or a pod that does not start: both are said in events only.

Events are looked up one object at a time, by its uid, and only of objects that take longer than usual:
nobody watches or lists those of the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.times import parse_time
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..lifecycle.observed import StartBlocker
from ..trial_pods.pod_records import JobRecord, PodRecord
from ..trial_pods.start_blockers import POD_EVENTS, of_pod_event, of_refused_pod
from .caches import Caches
from .namespace_constraint_reader import NamespaceConstraintReader
from .sweep_store import SweepState
from .trial_store import TrialState

# Seconds without a pod, and without a start, before anybody asks; the longest pause between questions.
_USUAL, _USUAL_START, _LONGEST_PAUSE = 1.5, 10.0, 60.0
# The kubelet tries to mount again after two minutes at most: what is older has been overcome.
_STALE = 180.0
_NO_RIGHT = (
    ". The operator may not list limitranges and resourcequotas, so it could not fit the sidecar"
)


class JobEventPoller:
    """Looks up the events of Jobs that are without a pod, and of pods that do not start, for longer than
    usual.
    """

    def __init__(self, api: KubeClient, caches: Caches, limits: NamespaceConstraintReader) -> None:
        self._api = api
        self._caches = caches
        self._limits = limits
        self._asked: dict[str, float] = {}

    async def look(self, state: SweepState, trial: TrialState, now: float) -> float | None:
        """Note in the trial why it has no pod, or why that does not start; returns when to look again."""
        dues = (
            await self._look_for_pod(state, trial, now),
            await self._look_at_pod(state, trial, now),
        )
        return min((due for due in dues if due is not None), default=None)

    async def _look_for_pod(self, state: SweepState, trial: TrialState, now: float) -> float | None:
        job = self._waiting(state, trial)
        if job is None or job.started is None:
            return None
        due = self._due(job.uid, job.started, _USUAL)
        if due <= now:
            await self._ask_about_job(trial, job, now)
            due = self._due(job.uid, job.started, _USUAL)
        return due

    async def _look_at_pod(self, state: SweepState, trial: TrialState, now: float) -> float | None:
        pod = self._caches.newest_pod((state.namespace, trial.name), trial.uid)
        if pod is None:
            trial.stuck = None
            return None
        if trial.stop is not None or pod.attempt != trial.attempt or not _does_not_start(pod):
            self._asked.pop(pod.uid, None)
            trial.stuck = None
            return None
        since = pod.gpus_held_since or pod.created
        due = self._due(pod.uid, since, _USUAL_START)
        if due <= now:
            self._asked[pod.uid] = now
            trial.stuck = await self._trouble_of_pod(pod, now)
            due = self._due(pod.uid, since, _USUAL_START)
        return due

    def _waiting(self, state: SweepState, trial: TrialState) -> JobRecord | None:
        """The Job of a trial that should have a pod and has none. Forgets what is over."""
        key = (state.namespace, trial.name)
        jobs = [j for j in self._caches.jobs_of(key) if j.view.attempt == trial.attempt]
        if not jobs or trial.stop is not None:
            return None
        view = jobs[0].view
        idle = view.suspended or view.deleting or view.succeeded or view.failure is not None
        if not idle and not any(
            pod.attempt == trial.attempt for pod in self._caches.pods_of(key, trial.uid)
        ):
            return jobs[0]
        self._asked.pop(view.uid, None)
        trial.refused = None
        return None

    def _due(self, uid: str, started: float, usual: float) -> float:
        asked = self._asked.get(uid)
        if asked is None:
            return started + usual
        return asked + min(_LONGEST_PAUSE, max(usual, asked - started))

    async def _ask_about_job(self, trial: TrialState, job: JobRecord, now: float) -> None:
        self._asked[job.uid] = now
        selector = f"involvedObject.uid={job.uid},reason=FailedCreate"
        found = await self._events(job.namespace, selector)
        if not found:
            return
        said = str(max(found, key=_when).get("message", ""))
        since = now if trial.refused is None else trial.refused.since
        # What has refused this pod counts for the next Job.
        self._limits.forget(job.namespace)
        refused = of_refused_pod(said, since, await self._template_of(job))
        if names.SIDECAR in said + refused.message and self._limits.is_refused:
            refused = StartBlocker(
                refused.reason, refused.message + _NO_RIGHT, since, refused.waits
            )
        trial.refused = refused

    async def _template_of(self, job: JobRecord) -> Mapping[str, Any]:
        """The spec of a Job's pods: it has the containers that a refusal is about."""
        try:
            body = await self._api.get(resources.JOBS, job.namespace, job.name)
        except errors.ApiError:
            return {}
        spec: Mapping[str, Any] = body["spec"]["template"]["spec"]
        return spec

    async def _trouble_of_pod(self, pod: PodRecord, now: float) -> StartBlocker | None:
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
            return []  # asked again later


def _does_not_start(pod: PodRecord) -> bool:
    """Whether the kubelet has a pod and has started none of its containers, or lacks an image of one."""
    view = pod.view
    if view.is_terminal or view.deleting or view.started is not None or not view.node:
        return False
    lacks_image = pod.start_blocker is not None and pod.start_blocker.reason == names.REASON_IMAGE
    return not pod.any_container_started or lacks_image


def _when(event: Mapping[str, Any]) -> float:
    """When an event was seen last, in seconds since the epoch."""
    series = event.get("series") or {}
    times = (
        event.get("lastTimestamp"),
        series.get("lastObservedTime"),
        event.get("eventTime"),
        event["metadata"].get("creationTimestamp"),
    )
    return next((t for t in map(parse_time, times) if t is not None), 0.0)
