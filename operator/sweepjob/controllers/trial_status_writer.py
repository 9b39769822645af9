"""Writes of a trial's record: what was decided, that it goes on, starts again, or has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..api import names
from ..api.curve_encoding import curve_patch, dump_curve
from ..api.executions import Execution, dump_execution
from ..api.incomplete_reports import dump_incomplete_reasons
from ..api.phases import TrialPhase
from ..api.sweeptrial import dump_stop
from ..api.times import format_time
from ..api.trial_record import TrialRecord
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from ..lifecycle import actions as act
from ..telemetry import metrics
from . import sweep_log
from .caches import Caches
from .event_recorder import EventRecorder
from .gpu_savings import saving
from .sweep_store import SweepState
from .trial_store import TrialState

_MESSAGE_LIMIT = 4096


class TrialStatusWriter:
    """One status write each, with the curve as it is at the moment, and its result into memory.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(
        self, api: KubeClient, caches: Caches, announcer: EventRecorder, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._caches = caches
        self._announcer = announcer
        self._clock = clock

    def known(self, state: SweepState, trial: TrialState) -> TrialRecord | None:
        """The trial's record as it was seen last."""
        found = self._caches.trials(state.namespace).get(state.namespace, trial.name)
        return found if found is not None and found.uid == trial.uid else None

    async def stop(self, state: SweepState, trial: TrialState, action: act.RecordStop) -> None:
        now = self._clock()
        status = {
            "phase": TrialPhase.STOPPING.value,
            "stop": dump_stop(action.stop, format_time(now)),
            "reason": action.stop.reason,
            "message": action.stop.message[:_MESSAGE_LIMIT],
        }
        await self._write(state, trial, status, now)
        trial.stop, trial.stopped, trial.phase = action.stop, now, TrialPhase.STOPPING
        sweep_log.log_stopped(state, trial, action.stop)
        if trial.decided is not None:
            metrics.DECISION_SECONDS.observe(now - trial.decided)

    async def retry(self, state: SweepState, trial: TrialState, action: act.RecordRetry) -> None:
        now = self._clock()
        self._note_execution(state, trial, action, now)
        status = {
            "phase": TrialPhase.PENDING.value,
            "attempt": action.attempt,
            "failures": action.failures,
            "job": None,
            "retryAt": None if action.launch_at is None else format_time(action.launch_at),
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
            "gpuSeconds": _gpu(trial, None),
        }
        await self._write(state, trial, status, now)
        metrics.ATTEMPTS.labels(action.reason).inc()
        sweep_log.log_repeated(state, trial, action.reason)
        trial.gpu_used, trial.held = trial.gpu_totals, {}
        trial.attempt, trial.failures = action.attempt, action.failures
        trial.launched, trial.job_deleted = False, False
        trial.phase, trial.reason = TrialPhase.PENDING, action.reason
        trial.launch_at, trial.interruption = action.launch_at, None
        trial.note_doubts((), None, now)
        pause = "" if action.launch_at is None else f" in {action.launch_at - now:.0f} s"
        message = f"{action.message}; attempt {action.attempt} starts{pause}"
        self._announcer.of_trial(state, trial, action.reason, message, warning=True)

    def _note_execution(
        self, state: SweepState, trial: TrialState, action: act.RecordRetry, now: float
    ) -> None:
        """Keep why the attempt ended, unless that was noted when its pod was taken away."""
        if any(e.attempt == trial.attempt and e.reason == action.reason for e in trial.executions):
            return
        last = self._caches.newest_pod((state.namespace, trial.name), trial.uid)
        pod, node = ("", "") if last is None else (last.name, last.view.node)
        trial.add_execution(Execution(trial.attempt, pod, node, action.reason, action.message, now))

    async def progress(
        self, state: SweepState, trial: TrialState, action: act.RecordProgress
    ) -> None:
        now = self._clock()
        status = {
            "phase": action.phase.value,
            "attempt": trial.attempt,
            "job": self._job_of(state, trial),
            "startTime": None if trial.started is None else format_time(trial.started),
            "retryAt": None,
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
        }
        await self._write(state, trial, status, now, Priority.BOOKKEEPING)
        news = action.reason and action.reason != trial.reason
        trial.phase, trial.reason = action.phase, action.reason
        if news:
            warning = action.phase is not TrialPhase.QUEUED
            self._announcer.of_trial(state, trial, action.reason, action.message, warning=warning)

    async def end(self, state: SweepState, trial: TrialState, action: act.RecordEnd) -> None:
        now = self._clock()
        stopped = action.phase is TrialPhase.EARLY_STOPPED
        saved = saving(state, trial, now) if stopped else 0.0
        status = {
            "phase": action.phase.value,
            "attempt": trial.attempt,
            "job": self._job_of(state, trial),
            "reason": action.reason,
            "message": action.message[:_MESSAGE_LIMIT],
            "startTime": None if trial.started is None else format_time(trial.started),
            "completionTime": format_time(now),
            "gpuSeconds": _gpu(trial, saved),
        }
        await self._write(state, trial, status, now)
        state.end(trial, action.phase, saved)
        metrics.TRIALS.labels(action.phase.value).inc()
        sweep_log.log_trial_ended(state, trial, action.phase, action.reason)
        metrics.GPU_USED.inc(trial.gpu_total)
        metrics.GPU_SAVED.inc(saved)
        if action.phase is not TrialPhase.SUCCEEDED or trial.stop is not None:
            failed = action.phase is TrialPhase.FAILED
            cut = (
                action.phase is TrialPhase.SUCCEEDED
            )  # other containers were ended, perhaps at work
            reason = action.reason if failed or cut else action.phase.value
            self._announcer.of_trial(state, trial, reason, action.message, warning=failed or cut)
        if state.best is not None and state.best.trial == trial.name:
            self._announcer.best(state, state.best)

    def _job_of(self, state: SweepState, trial: TrialState) -> str:
        """The name of the attempt's Job; one from before an upgrade may have another form."""
        jobs = self._caches.jobs_of((state.namespace, trial.name))
        own = (j.name for j in jobs if j.owner == trial.uid and j.view.attempt == trial.attempt)
        return next(own, names.job_name(trial.name, trial.attempt))

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
            where = (trial.log_time, trial.log_lines)
            status["curve"] = curve_patch(dump_curve(trial.curve, trial.pod, *where))
        if trial.seen:
            status["metricsSeen"] = list(trial.seen)
        if trial.executions:
            status["executions"] = [dump_execution(e) for e in trial.executions]
            status["disruptions"] = trial.disruptions
        unwritten, trial.unwritten_since = trial.unwritten_since, None
        known = self.known(state, trial)
        if known is None:
            raise errors.NotFound(f"sweeptrials '{trial.name}' is not there any more")
        samples = [] if count else list(trial.log_samples)
        if samples or known.log_samples:
            status["logSamples"] = samples
        if trial.incomplete_reasons or known.incomplete_reasons:
            status["conditions"] = dump_incomplete_reasons(trial.incomplete_reasons)
        try:
            # Nobody else writes it but another operator that leads by now: then this memory is stale.
            made = await self._api.patch_status(
                resources.SWEEPTRIALS, state.namespace, trial.name, known.version, status, priority
            )
        except errors.ApiError:
            trial.unwritten_since = unwritten
            raise
        trial.durable = max(trial.durable, count)
        trial.written = now
        state.note_unreadable(self._caches.trials(state.namespace).put(made))


def _gpu(trial: TrialState, saved: float | None) -> dict[str, Any]:
    gpu: dict[str, Any] = {
        "count": f"{trial.gpus:g}",
        "used": f"{trial.gpu_total:.0f}",
        "byResource": {name: f"{used:.0f}" for name, used in trial.gpu_totals.items()},
    }
    return gpu if saved is None else {**gpu, "saved": f"{saved:.0f}"}
