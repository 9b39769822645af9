"""Carries out the planner's actions: one or two requests each, and their result into memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ..domain.plan import actions as act
from ..domain.plan.snapshot import Phase
from ..domain.sampling import make_sampler
from ..domain.space import Assignment, leaves
from ..resources import names
from ..resources.event import Announcement, event_manifest
from ..resources.execution import Execution, dump_execution
from ..resources.identity import TrialIdentity
from ..resources.job import job_manifest
from ..resources.outputs import trial_folder
from ..resources.placeholders import text_of
from ..resources.record import Record, dump_curve, dump_stop, trial_manifest
from ..resources.sidecar import SidecarSettings
from ..resources.status import Best
from ..resources.times import format_time
from ..resources.troubles import of_refused_job, of_refused_record
from . import errors, gateway, telemetry
from .caches import Caches
from .gateway import Gateway
from .pace import Priority
from .sweep_state import SweepState
from .trial_state import TrialState

_log = logging.getLogger(__name__)
_MESSAGE_LIMIT = 4096
_NO_TEMPLATE = "something in it is of another type than in a pod; compare kubectl explain pod.spec"
_NO_TRIAL = "00000000-0000-0000-0000-000000000000"
_LONGEST_PAUSE = 30.0  # seconds between two tries to create a Job that is refused


class Executor:
    """Every action is safe to repeat: a crash after the request and before its answer changes
    nothing about what the planner asks for next."""

    def __init__(
        self, api: Gateway, caches: Caches, sidecar: SidecarSettings, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._caches = caches
        self._sidecar = sidecar
        self._clock = clock
        self._posting: set[asyncio.Task[None]] = set()

    async def carry_out(self, state: SweepState, actions: Sequence[act.Action]) -> None:
        """All actions; those of one trial in order, those of different trials side by side.

        Raises the first error after every trial has got as far as it could.
        """
        of_trial = [a for a in actions if not isinstance(a, act.CreateTrial)]
        created = [a for a in actions if isinstance(a, act.CreateTrial)]
        chains = [self._in_order(state, list(g)) for _, g in groupby(of_trial, lambda a: a.trial)]
        chains += [self._create(state, action) for action in created]
        results = await asyncio.gather(*chains, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def announce(self, said: Announcement) -> None:
        """Post an event in the background: nothing waits for a courtesy."""
        task = asyncio.create_task(self._post(said))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, said: Announcement) -> None:
        body = event_manifest(said, self._clock())
        try:
            await self._api.create(gateway.EVENTS, said.namespace, body, Priority.COURTESY)
        except errors.ApiError as error:
            if not isinstance(error, errors.AlreadyExists):
                _log.info("event %s about %s: %s", said.reason, said.name, error)

    async def _in_order(self, state: SweepState, actions: Sequence[act.TrialAction]) -> None:
        for action in actions:
            trial = state.live.get(action.trial)
            if trial is not None and not self._is_done(state, trial, action):
                await self._do(state, trial, action)

    def _is_done(self, state: SweepState, trial: TrialState, action: act.TrialAction) -> bool:
        """Whether a decision is on record already: it was written, and its answer never came. What is
        on record counts, and is not written again."""
        known = self._known(state, trial)
        if known is None:
            return False
        if known.phase.is_end:
            state.end(trial, known.phase, known.gpu_saved)
            return True
        if isinstance(action, act.RecordStop) and known.stop is not None:
            trial.stop, trial.stopped, trial.phase = known.stop, self._clock(), known.phase
            return True
        return False

    def _known(self, state: SweepState, trial: TrialState) -> Record | None:
        """The trial's record as it was seen last."""
        found = self._caches.trials(state.namespace).get(state.namespace, trial.name)
        return found if found is not None and found.uid == trial.uid else None

    async def _do(self, state: SweepState, trial: TrialState, action: act.TrialAction) -> None:
        match action:
            case act.LaunchJob():
                await self._launch(state, trial, action)
            case act.RecordStop():
                await self._record_stop(state, trial, action)
            case act.DeletePod():
                grace = state.spec.trial.stop_grace
                target = (state.namespace, action.pod, action.uid)
                await self._api.delete(gateway.PODS, *target, grace=grace)
                trial.deleted.add(action.uid)
            case act.DeleteJob():
                target = (state.namespace, action.job, action.uid)
                await self._api.delete(gateway.JOBS, *target, propagation="Foreground")
                trial.deleted.add(action.uid)
            case act.RecordRetry():
                await self._record_retry(state, trial, action)
            case act.RecordProgress():
                await self._record_progress(state, trial, action)
            case act.RecordEnd():
                await self._record_end(state, trial, action)

    async def _create(self, state: SweepState, action: act.CreateTrial) -> None:
        source = " ".join(dict.fromkeys(state.spec.sampler)) + f" seed {state.seed}"
        body = trial_manifest(
            state.namespace, state.name, state.uid, action.index, action.assignment, source
        )
        try:
            made = await self._create_or_adopt(
                gateway.SWEEPTRIALS, state.namespace, body, owner=state.uid
            )
        except (errors.Refused, errors.Conflict) as error:
            since = self._clock() if state.refused is None else state.refused.since
            state.refused = of_refused_record(action.index, str(error), since)
            raise
        state.refused = None
        record = self._caches.trials(state.namespace).put(made)
        if record.index not in state.live:
            state.add(record)

    async def try_job(self, state: SweepState) -> str:
        """What the API server, or admission, would have against the sweep's Jobs; empty when nothing.
        What only time can show, such as a quota, is no reason to refuse a sweep."""
        sampler = make_sampler("random", "random", state.spec.space, state.seed)
        assignment = sampler.propose(0, [])
        assert assignment is not None, "a space has at least one point"
        name = names.trial_name(state.name, 0)
        folder = trial_folder(state.name, state.uid, name)
        identity = TrialIdentity(state.namespace, state.name, name, _NO_TRIAL, 1, folder)
        try:
            body = self._job(identity, state, assignment)
            # A trial of an earlier sweep may still have the name.
            body["metadata"]["name"] = f"{body['metadata']['name'][:50]}-check"
            await self._api.would_create(gateway.JOBS, state.namespace, body)
        except errors.Refused as error:
            trouble = of_refused_job(str(error), self._clock())
            return "" if trouble.waits else f"spec.trial: {trouble.message}"
        except errors.Conflict:
            pass
        return ""

    def _job(
        self, identity: TrialIdentity, state: SweepState, assignment: Assignment
    ) -> dict[str, Any]:
        """The Job of an attempt.

        Raises:
            Refused: the user's template is none.
        """
        try:
            return job_manifest(identity, state.spec, assignment, self._sidecar)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise errors.Refused(f"{error}: {_NO_TEMPLATE}") from error

    async def _launch(self, state: SweepState, trial: TrialState, action: act.LaunchJob) -> None:
        identity = TrialIdentity(
            state.namespace,
            state.name,
            trial.name,
            trial.uid,
            action.attempt,
            trial_folder(state.name, state.uid, trial.name),
        )
        try:
            body = self._job(identity, state, trial.assignment)
            made = await self._create_or_adopt(gateway.JOBS, state.namespace, body, owner=trial.uid)
        except (errors.Refused, errors.Conflict) as error:
            now = self._clock()
            since = now if trial.refused is None else trial.refused.since
            trial.refused = of_refused_job(str(error), since)
            # Asked again after a pause that grows with the time that it has lasted.
            trial.launch_at = now + min(_LONGEST_PAUSE, max(1.0, now - since))
            return
        # From here on a Job that is missing was deleted by somebody; a start of the operator forgets
        # that until the trial has run, and would create it again.
        trial.refused, trial.launched = None, True
        self._caches.jobs(state.namespace).put(made)

    async def _create_or_adopt(
        self, resource: gateway.Resource, namespace: str, body: dict[str, Any], owner: str
    ) -> dict[str, Any]:
        """Create, or take what is there by that name if it is ours.

        Raises:
            Conflict: it belongs to somebody else.
        """
        try:
            return await self._api.create(resource, namespace, body)
        except errors.AlreadyExists:
            name = body["metadata"]["name"]
            found = await self._api.get(resource, namespace, name)
            owners = found["metadata"].get("ownerReferences") or [{}]
            if owners[0].get("uid") == owner:
                return found
            raise errors.Conflict(
                f"{resource.plural} '{name}' exists and belongs to something else; "
                "delete it, or give the sweep another name"
            ) from None

    async def _record_stop(
        self, state: SweepState, trial: TrialState, action: act.RecordStop
    ) -> None:
        now = self._clock()
        status = {
            "phase": Phase.STOPPING.value,
            "stop": dump_stop(action.stop, format_time(now)),
            "reason": action.stop.reason,
            "message": action.stop.message[:_MESSAGE_LIMIT],
        }
        await self._write(state, trial, status, now)
        trial.stop, trial.stopped, trial.phase = action.stop, now, Phase.STOPPING
        if trial.decided is not None:
            telemetry.DECISION_SECONDS.observe(now - trial.decided)

    async def _record_retry(
        self, state: SweepState, trial: TrialState, action: act.RecordRetry
    ) -> None:
        now = self._clock()
        self._note_execution(state, trial, action, now)
        status = {
            "phase": Phase.PENDING.value,
            "attempt": action.attempt,
            "failures": action.failures,
            "job": None,
            "retryAt": None if action.launch_at is None else format_time(action.launch_at),
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
            "gpuSeconds": self._gpu(trial, None),
        }
        await self._write(state, trial, status, now)
        telemetry.ATTEMPTS.labels(action.reason).inc()
        trial.gpu_used, trial.held = trial.gpu_totals, {}
        trial.attempt, trial.failures = action.attempt, action.failures
        trial.launched, trial.phase, trial.reason = False, Phase.PENDING, action.reason
        trial.launch_at, trial.interruption = action.launch_at, None
        pause = "" if action.launch_at is None else f" in {action.launch_at - now:.0f} s"
        message = f"{action.message}; attempt {action.attempt} starts{pause}"
        self._tell(state, trial, action.reason, message, warning=True)

    def _note_execution(
        self, state: SweepState, trial: TrialState, action: act.RecordRetry, now: float
    ) -> None:
        """Keep why the attempt ended, unless that was noted when its pod was taken away."""
        if any(e.attempt == trial.attempt and e.reason == action.reason for e in trial.executions):
            return
        last = self._caches.newest_pod((state.namespace, trial.name), trial.uid)
        pod, node = ("", "") if last is None else (last.name, last.view.node)
        trial.add_execution(Execution(trial.attempt, pod, node, action.reason, action.message, now))

    async def _record_progress(
        self, state: SweepState, trial: TrialState, action: act.RecordProgress
    ) -> None:
        now = self._clock()
        status = {
            "phase": action.phase.value,
            "attempt": trial.attempt,
            "job": names.job_name(trial.name, trial.attempt),
            "startTime": None if trial.started is None else format_time(trial.started),
            "retryAt": None,
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
        }
        await self._write(state, trial, status, now, Priority.BOOKKEEPING)
        news = action.reason and action.reason != trial.reason
        trial.phase, trial.reason = action.phase, action.reason
        if news:
            warning = action.phase is not Phase.QUEUED
            self._tell(state, trial, action.reason, action.message, warning=warning)

    async def _record_end(
        self, state: SweepState, trial: TrialState, action: act.RecordEnd
    ) -> None:
        now = self._clock()
        stopped = action.phase is Phase.EARLY_STOPPED
        saved = state.saving(trial, now) if stopped else 0.0
        status = {
            "phase": action.phase.value,
            "attempt": trial.attempt,
            "job": names.job_name(trial.name, trial.attempt),
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
            "startTime": None if trial.started is None else format_time(trial.started),
            "completionTime": format_time(now),
            "gpuSeconds": self._gpu(trial, saved),
        }
        await self._write(state, trial, status, now)
        state.end(trial, action.phase, saved)
        telemetry.TRIALS.labels(action.phase.value).inc()
        telemetry.GPU_USED.inc(trial.gpu_total)
        telemetry.GPU_SAVED.inc(saved)
        if action.phase is not Phase.SUCCEEDED:
            failed = action.phase is Phase.FAILED
            reason = action.reason if failed else action.phase.value
            self._tell(state, trial, reason, action.message, warning=failed)
        if state.best is not None and state.best.trial == trial.name:
            self._tell_best(state, state.best)

    def _tell(
        self, state: SweepState, trial: TrialState, reason: str, message: str, *, warning: bool
    ) -> None:
        about = (names.SWEEPTRIAL, state.namespace, trial.name, trial.uid)
        self.announce(Announcement(*about, reason, message, warning=warning))

    def _tell_best(self, state: SweepState, best: Best) -> None:
        """Once, at the trial's end: while it runs every report may be a new best."""
        metric, value = state.spec.objective.primary_metric, text_of(best.value)
        parameters = (f"{name}={text_of(value)}" for name, value in leaves(best.assignment))
        message = f"{best.trial} has the best {metric} so far, {value}, with {' '.join(parameters)}"
        about = (names.SWEEPJOB, state.namespace, state.name, state.uid)
        self.announce(Announcement(*about, names.REASON_NEW_BEST, message))

    def _gpu(self, trial: TrialState, saved: float | None) -> dict[str, Any]:
        gpu: dict[str, Any] = {
            "count": f"{trial.gpus:g}",
            "used": f"{trial.gpu_total:.0f}",
            "byResource": {name: f"{used:.0f}" for name, used in trial.gpu_totals.items()},
        }
        return gpu if saved is None else {**gpu, "saved": f"{saved:.0f}"}

    async def _write(
        self,
        state: SweepState,
        trial: TrialState,
        status: dict[str, Any],
        now: float,
        priority: Priority = Priority.DECISION,
    ) -> None:
        """Write a trial's status with its curve, and enter the answer into the cache."""
        count = trial.curve.count
        if count > trial.durable or trial.unwritten_since is not None:
            status["curve"] = dump_curve(trial.curve, trial.pod, trial.log_time)
        if trial.seen:
            status["metricsSeen"] = list(trial.seen)
        if trial.executions:
            status["executions"] = [dump_execution(e) for e in trial.executions]
            status["disruptions"] = trial.disruptions
        unwritten, trial.unwritten_since = trial.unwritten_since, None
        known = self._known(state, trial)
        if known is None:
            raise errors.NotFound(f"sweeptrials '{trial.name}' is not there any more")
        try:
            # Nobody else writes it but another operator that leads by now: then this memory is stale.
            made = await self._api.patch_status(
                gateway.SWEEPTRIALS, state.namespace, trial.name, known.version, status, priority
            )
        except errors.ApiError:
            trial.unwritten_since = unwritten
            raise
        trial.durable = max(trial.durable, count)
        trial.written = now
        self._caches.trials(state.namespace).put(made)
