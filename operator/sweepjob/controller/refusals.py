"""Why a Job has no pod: the Job controller says so in an event only, which is looked up then."""

from __future__ import annotations

from ..resources.pods import JobRecord
from ..resources.troubles import of_refused_pod
from . import errors, gateway
from .caches import Caches
from .gateway import Gateway
from .sweep_state import SweepState
from .trial_state import TrialState

# Seconds without a pod before anybody asks, and the longest pause between two questions.
_USUAL, _LONGEST_PAUSE = 1.5, 60.0


class Refusals:
    """Looks up the events of Jobs that have been without a pod for longer than usual."""

    def __init__(self, api: Gateway, caches: Caches) -> None:
        self._api = api
        self._caches = caches
        self._asked: dict[str, float] = {}

    async def look(self, state: SweepState, trial: TrialState, now: float) -> float | None:
        """Note in the trial why it has no pod; returns when to look again, if it should have one."""
        job = self._waiting(state, trial)
        if job is None or job.started is None:
            return None
        due = self._due(job, job.started)
        if due <= now:
            await self._ask(trial, job, now)
            due = self._due(job, job.started)
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

    def _due(self, job: JobRecord, started: float) -> float:
        asked = self._asked.get(job.uid)
        if asked is None:
            return started + _USUAL
        return asked + min(_LONGEST_PAUSE, max(_USUAL, asked - started))

    async def _ask(self, trial: TrialState, job: JobRecord, now: float) -> None:
        self._asked[job.uid] = now
        selector = f"involvedObject.uid={job.uid},reason=FailedCreate"
        try:
            found = await self._api.list_by_field(gateway.EVENTS, job.namespace, selector)
        except errors.ApiError:
            return  # asked again later
        if found:
            newest = max(found, key=lambda event: str(event.get("lastTimestamp") or ""))
            since = now if trial.refused is None else trial.refused.since
            trial.refused = of_refused_pod(str(newest.get("message", "")), since)
