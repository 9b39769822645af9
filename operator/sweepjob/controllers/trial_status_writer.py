"""Writes the status of SweepTrials: decisions, progress, further attempts and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..api import names
from ..api.criteria import TrialValues
from ..api.meta.cause import Cause
from ..api.meta.identity import ObjectKey
from ..api.phases import TrialPhase
from ..api.resources import SWEEPTRIALS
from ..api.sweeptrial.attempt_history import AttemptRecord
from ..api.sweeptrial.dropped_fields import compare_fields
from ..api.sweeptrial.stop_decision import StopDecision
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from ..lifecycle import actions as act
from ..telemetry import metrics
from . import sweep_log, trial_status_fields
from .caches import Caches
from .event_recorder import EventRecorder
from .gpu_savings import gpu_seconds_saved
from .log_tail_record import record_log_tails
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState

_log = logging.getLogger(__name__)


class TrialStatusWriter:
    """Writes the status of SweepTrials: one request each, with the current curve.

    The state changes after the write succeeded.

    Args:
        api: the API server.
        caches: the caches of records, Jobs and pods.
        events: records events.
        clock: seconds since the epoch.
    """

    def __init__(
        self, api: KubeClient, caches: Caches, events: EventRecorder, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._caches = caches
        self._events = events
        self._clock = clock

    def last_seen(self, state: SweepState, trial: TrialState) -> TrialRecord | None:
        """Return the trial's record as the cache has it; None when it is gone.

        Args:
            state: the state of the trial's sweep.
            trial: a live trial.
        """
        found = self._caches.trials(state.namespace).get(state.namespace, trial.name)
        return found if found is not None and found.uid == trial.uid else None

    async def record_stop(
        self, sweep: SweepStore, trial: TrialState, action: act.RecordStop
    ) -> None:
        """Record the decision to stop or to pause a trial.

        Args:
            sweep: the trial's sweep.
            trial: a live trial without a recorded decision.
            action: the decision.

        Raises:
            ApiError: the write failed.
        """
        now = self._clock()
        run_seconds = sweep.trials.run_seconds(trial, now)
        status = trial_status_fields.stop_fields(trial, action, run_seconds, now)
        status |= trial_status_fields.budget_fields(sweep.state, trial, action.stop)
        await self._write(sweep, trial, status, now)
        self.adopt_stop(sweep, trial, action.stop)

    def adopt_stop(self, sweep: SweepStore, trial: TrialState, stop: StopDecision) -> None:
        """Apply a decision to stop or to pause a trial that is on record.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            stop: the decision, as recorded.
        """
        now = self._clock()
        sweep.record_stop(trial, stop, now)
        if not stop.pauses:  # that is logged when it is paused
            sweep_log.log_stopped(sweep.state, trial, stop)
        if trial.pending_stop is not None:
            metrics.DECISION_SECONDS.observe(now - trial.pending_stop.decided_at)

    async def record_attempt(
        self, sweep: SweepStore, trial: TrialState, action: act.RecordRetry
    ) -> None:
        """Record the end of an attempt, and that another one follows.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            action: the next attempt.

        Raises:
            ApiError: the write failed.
        """
        now = self._clock()
        cause = Cause(action.reason, action.message)
        is_new = self._note_execution(sweep, trial, cause, now, action.rank)
        several = sweep.state.spec.trial.has_several_pods
        if is_new and several and _is_disruption(trial, action):  # not for each try to write it
            sweep.trials.count_disruption(trial)
        status = trial_status_fields.attempt_fields(trial, action)
        await self._write(sweep, trial, status, now)
        metrics.ATTEMPTS.labels(action.reason).inc()
        sweep_log.log_attempt_ended(sweep.state, trial, action.reason)
        next_attempt = (action.attempt, action.failures, action.reason, action.retry_at)
        sweep.trials.record_attempt(trial, *next_attempt, now)
        pause = "" if action.retry_at is None else f" in {action.retry_at - now:.0f} s"
        message = f"{action.message}; attempt {action.attempt} starts{pause}"
        self._events.of_trial(sweep.state, trial, action.reason, message, warning=True)

    async def record_pause(
        self, sweep: SweepStore, trial: TrialState, action: act.RecordPause
    ) -> None:
        """Record that nothing of a trial runs any more, and that it is paused.

        Args:
            sweep: the trial's sweep.
            trial: a live trial with a recorded decision to pause it.
            action: the attempt that continues it, and the decision.

        Raises:
            ApiError: the write failed.
        """
        now, pause = self._clock(), action.pause
        first = trial.status.started if trial.status.attempt == 1 else None
        started = trial.workload.training_since or first
        cause = Cause(pause.reason, pause.message)
        self._note_execution(sweep, trial, cause, now, started=started)
        status = trial_status_fields.pause_fields(trial, action, now)
        await self._write(sweep, trial, status, now)
        sweep_log.log_paused(sweep.state, trial, pause.reason)
        sweep.record_pause(trial, action.attempt, action.failures, pause, now)
        self._events.of_trial(sweep.state, trial, names.REASON_PAUSED, pause.message, warning=False)

    async def record_resume(
        self, sweep: SweepStore, trial: TrialState, action: act.RecordResume
    ) -> None:
        """Record that a paused trial continues.

        Args:
            sweep: the trial's sweep.
            trial: a paused trial that has a slot.
            action: why it continues.

        Raises:
            ApiError: the write failed.
        """
        now = self._clock()
        await self._write(sweep, trial, trial_status_fields.resume_fields(action), now)
        sweep_log.log_resumed(sweep.state, trial, action.reason)
        sweep.record_resume(trial, action.reason)
        self._events.of_trial(sweep.state, trial, action.reason, action.message, warning=False)

    async def record_progress(
        self, sweep: SweepStore, trial: TrialState, action: act.RecordProgress
    ) -> None:
        """Record phase, reason and curve of a trial that continues.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            action: phase and reason.

        Raises:
            ApiError: the write failed.
        """
        now, state = self._clock(), sweep.state
        status = trial_status_fields.progress_fields(trial, action, self._job_of(state, trial))
        await self._write(sweep, trial, status, now, Priority.LOW)
        is_news = action.reason and action.reason != trial.status.reason
        sweep.trials.record_progress(trial, action.phase, action.reason)
        if is_news:
            warning = action.phase is not TrialPhase.QUEUED
            self._events.of_trial(state, trial, action.reason, action.message, warning=warning)

    async def record_end(self, sweep: SweepStore, trial: TrialState, action: act.RecordEnd) -> None:
        """Record how a trial ended, for good.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            action: its last phase.

        Raises:
            ApiError: the write failed.
        """
        now, state = self._clock(), sweep.state
        stopped = action.phase is TrialPhase.EARLY_STOPPED
        saved = gpu_seconds_saved(state, trial, now) if stopped else 0.0
        record, job = self.last_seen(state, trial), self._job_of(state, trial)
        status = trial_status_fields.end_fields(trial, action, record, job, saved, now)
        noted, values = trial.log_tails, state.values_of(trial)
        await self._write(sweep, trial, status, now)
        self._apply_end(sweep, trial, action, saved, now, values)
        if trial.log_tails is not noted:  # read during the write; nothing is noted from here on
            await self._record_late_logs(state, trial)

    async def adopt_end(self, sweep: SweepStore, trial: TrialState, record: TrialRecord) -> None:
        """Apply an end that is on record: it was written, and the answer was lost.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
            record: its record, with the end.
        """
        action = act.RecordEnd(trial.index, record.phase, record.reason, record.message)
        self._apply_end(sweep, trial, action, record.gpu_saved, record.ended, record.values)
        if trial.log_tails:  # they may have been read since
            await self._record_late_logs(sweep.state, trial)

    def _apply_end(
        self,
        sweep: SweepStore,
        trial: TrialState,
        action: act.RecordEnd,
        saved: float,
        ended: float | None,
        values: TrialValues,
    ) -> None:
        """Apply a recorded end, count it, and record its events."""
        message = trial_status_fields.truncate_message(action.message)
        sweep.record_end(trial, action.phase, saved, message, ended, values)
        metrics.TRIALS.labels(action.phase.value).inc()
        sweep_log.log_trial_ended(sweep.state, trial, action.phase, action.reason)
        metrics.GPU_USED.inc(trial.usage.total_gpu_seconds)
        metrics.GPU_SAVED.inc(saved)
        self._emit_end(sweep.state, trial, action)

    async def _record_late_logs(self, state: SweepState, trial: TrialState) -> None:
        """Add the ends of logs to the record of a trial that has ended; nothing else depends on them."""
        key, tails = ObjectKey(state.namespace, trial.name), trial.log_tails
        try:
            await record_log_tails(self._api, self._caches, key, trial.uid, tails)
        except errors.ApiError as error:
            _log.info("the end of the log of trial %s/%s: %s", state.namespace, trial.name, error)

    def _note_execution(
        self,
        sweep: SweepStore,
        trial: TrialState,
        cause: Cause,
        now: float,
        rank: int = 0,
        started: float | None = None,
    ) -> bool:
        """Keep why the attempt ended, unless that was kept when its pod was interrupted.

        Returns:
            Whether it was not kept before.
        """
        attempt = trial.status.attempt
        kept = trial.status.executions
        if any(e.attempt == attempt and e.reason == cause.reason for e in kept):
            return False
        pods = self._caches.pods_of(ObjectKey(sweep.state.namespace, trial.name), trial.uid)
        own = (p for p in pods if p.attempt == attempt and p.view.rank == rank)
        last = max(own, key=lambda p: (p.created, not p.view.is_terminal), default=None)
        pod, node = ("", "") if last is None else (last.name, last.view.node)
        sweep.trials.add_execution(trial, AttemptRecord(attempt, pod, node, *cause, now, started))
        return True

    def _emit_end(self, state: SweepState, trial: TrialState, action: act.RecordEnd) -> None:
        """Record events about an unusual end, and about a new best trial."""
        succeeded = action.phase is TrialPhase.SUCCEEDED
        stop = trial.status.stop
        if not succeeded or (stop is not None and not stop.pauses):
            # A stopped trial that succeeded: other containers were ended, perhaps while working.
            warning = succeeded or action.phase is TrialPhase.FAILED
            reason = action.reason if warning else action.phase.value
            self._events.of_trial(state, trial, reason, action.message, warning=warning)
        best = state.results.best
        if best is not None and best.trial == trial.name:
            self._events.best(state, best)
        if state.criteria.has_several_objectives:
            front = state.results.standings.front
            if any(member.index == trial.index for member in front):
                self._events.on_front(state, trial, len(front))

    def _job_of(self, state: SweepState, trial: TrialState) -> str | None:
        """Name of the attempt's Job; one from before an upgrade may have another form.

        None while there was none: a trial whose record has one is canceled where the Job is missing.
        """
        attempt = trial.status.attempt
        jobs = self._caches.jobs_of(ObjectKey(state.namespace, trial.name))
        own = (j.name for j in jobs if j.owner == trial.uid and j.view.attempt == attempt)
        named = names.job_name(trial.name, attempt) if trial.status.job_created else None
        return next(own, named)

    def _recorded(self, state: SweepState, trial: TrialState) -> TrialRecord:
        """Return the trial's record as the cache has it.

        Raises:
            NotFound: it is gone.
        """
        record = self.last_seen(state, trial)
        if record is None:
            raise errors.NotFound(f"sweeptrials '{trial.name}' no longer exists")
        return record

    async def _write(
        self,
        sweep: SweepStore,
        trial: TrialState,
        status: dict[str, Any],
        now: float,
        priority: Priority = Priority.URGENT,
    ) -> None:
        """Write a trial's status with all pending changes."""
        record = self._recorded(sweep.state, trial)
        status |= trial_status_fields.pending_fields(trial, record)
        status |= trial_status_fields.result_fields(sweep.state, trial)
        status = trial_status_fields.budget_fields(sweep.state, trial) | status
        await self._patch(sweep, trial, record, status, now, priority)

    async def _patch(
        self,
        sweep: SweepStore,
        trial: TrialState,
        record: TrialRecord,
        status: dict[str, Any],
        now: float,
        priority: Priority,
    ) -> None:
        """Write fields of a trial's status, and store the answer in the cache."""
        namespace, count = sweep.state.namespace, trial.reports.received
        if sweep.state.code and record.code != sweep.state.code:
            status["code"] = sweep.state.code
        best = trial.reports.curve.best if "curve" in status else None
        pending_since = sweep.trials.begin_write(trial)
        try:
            # Only an operator that has since become the leader also writes it: then this state is stale.
            made = await self._api.patch_status(
                SWEEPTRIALS, namespace, trial.name, record.version, status, priority
            )
        except errors.ApiError as error:
            sweep.trials.abort_write(trial, pending_since)
            if isinstance(error, errors.Invalid):
                sweep.note_refused_status(trial.name, str(error))
            raise
        sweep.trials.complete_write(trial, count, now)
        sweep.record_best(trial, best)
        kept = self._caches.trials(namespace).store_own_write(made)
        sweep.note_unreadable(kept)
        sweep.note_stored_fields(trial.name, compare_fields(status, made.get("status")))


def _is_disruption(trial: TrialState, action: act.RecordRetry) -> bool:
    """Return whether another client ended an attempt of several pods.

    With one pod, the disruption was counted when the pod was seen.
    """
    is_failure = action.failures > trial.status.failures
    return not is_failure and action.reason != names.REASON_PARTLY_SCHEDULED
