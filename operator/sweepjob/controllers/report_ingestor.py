"""Ingests what pods show, and what their logs report. Pushes of sidecars: ``push_handler``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from .. import protocol
from ..api.meta.cause import Cause
from ..api.meta.identity import ObjectKey
from ..api.spec.prices import cost_rate
from ..ingest.log_readers.log_readers import LogReaders
from ..kube.client import KubeClient
from ..lifecycle.pod_failures import own_failure
from ..log_parsing.findings import LogFindings
from ..log_parsing.limits import LogLimits
from ..log_parsing.log_parser import LogParser
from ..log_parsing.position import LogPosition
from ..telemetry import metrics
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.lost_reports import lost_reports_notice
from .caches import Caches
from .log_tails import LogTails
from .queues import RECORD_DELAY, Queues
from .state.pod_classification import interruption_cause, pod_view
from .state.sweep_state import SweepState
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState
from .sweep_registry import SweepRegistry


class ReportIngestor:
    """Ingests what the current pod of a trial reports.

    Args:
        api: the API server.
        caches: the caches of Jobs and pods.
        registry: the registry of all sweeps.
        queues: the controllers' queues.
        clock: seconds since the epoch.
        limits: budgets for reading logs.
        log_tails: keeps the ends of logs.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        registry: SweepRegistry,
        queues: Queues,
        clock: Callable[[], float],
        limits: LogLimits,
        log_tails: LogTails,
    ) -> None:
        self._caches = caches
        self._registry = registry
        self._queues = queues
        self._clock = clock
        self._log_tails = log_tails
        self._logs = LogReaders(
            api,
            caches.pod,
            self._on_line,
            self._on_log_end,
            observed=self._on_findings,
            limits=limits,
            clock=clock,
        )

    def on_pod(self, pod: CachedPod, *, gone: bool) -> None:
        """Handle a change of a pod.

        Args:
            pod: the pod.
            gone: it was deleted.
        """
        if gone:
            self._logs.forget(pod.uid)
            self._log_tails.forget(pod.uid)
        sweep = self._registry.sweep(ObjectKey(pod.namespace, pod.sweep))
        if sweep is not None:
            self.ingest_pod(sweep, pod, gone=gone)

    def ingest_pods(self, sweep: SweepStore, trial: TrialState) -> None:
        """Ingest what the pods of a trial show that is live from now on: they may have ended before.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
        """
        key = ObjectKey(sweep.state.namespace, trial.name)
        for pod in self._caches.pods_of(key, trial.uid):
            self.ingest_pod(sweep, pod, gone=False)

    def ingest_pod(self, sweep: SweepStore, pod: CachedPod, *, gone: bool) -> None:
        """Ingest what a pod's status shows: GPU time, interruptions, and the sidecar's summary.

        Args:
            sweep: the sweep of the pod's trial.
            pod: the pod; ignored unless it is of the current attempt of a live trial.
            gone: it was deleted.
        """
        trial = sweep.state.trial(pod.trial)
        if trial is None or self._caches.trial_uid_of(pod) != trial.uid:
            return
        now, several = self._clock(), sweep.state.spec.trial.has_several_pods
        if trial.status.attempt != pod.attempt:
            if several and pod.attempt < trial.status.attempt:
                rate = cost_rate(pod.amounts, sweep.state.prices)
                sweep.trials.observe_earlier_pod(trial, pod, now, gone=gone, rate=rate)
            return
        if pod.trainer_ended and not gone:
            self._log_tails.read(pod)
        self._observe_pod(sweep, trial, pod, now, gone=gone)
        view = pod_view(trial, pod)
        if view.is_interrupted and trial.status.stop is None:
            if sweep.state.spec.trial.checkpoint is not None and view.rank == 0:
                # The next pod goes on from there. First, since its execution is not an earlier one yet.
                self._ingest_summary(sweep, trial, pod, now, gone=gone)
            if several:
                self._note_interruption(sweep, trial, pod, now)
            elif view.is_terminal or gone:
                self._record_interruption(sweep, trial, pod, now)
        elif view.rank == 0:  # whose reports are the trial's
            self._ingest_end(sweep, trial, pod, now, gone=gone)

    def _observe_pod(
        self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float, *, gone: bool
    ) -> None:
        """Note when a pod started, which GPUs the trial holds, and that one of several pods failed."""
        spec, held = sweep.state.spec.trial, None
        if spec.manifest is not None:
            pods = self._caches.pods_of(ObjectKey(pod.namespace, pod.trial), trial.uid)
            running = [p for p in pods if p.attempt == pod.attempt and not p.has_ended]
            held = sum(sum(p.gpus.values()) for p in running)
        sweep.trials.observe_pod(
            trial,
            pod,
            now,
            gone=gone,
            instances=spec.instance_count,
            held=held,
            rate=cost_rate(pod.amounts, sweep.state.prices),
        )
        failure = own_failure(pod_view(trial, pod)) if spec.instance_count > 1 else None
        if failure is not None:
            sweep.trials.note_pod_failure(trial, failure)

    def _ingest_end(
        self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float, *, gone: bool
    ) -> None:
        """Ingest the sidecar's summary, and what its end shows to be lost."""
        self._ingest_summary(sweep, trial, pod, now, gone=gone)
        if trial.status.stop is None:
            self._note_loss(sweep, trial, pod, now)

    def _ingest_summary(
        self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float, *, gone: bool
    ) -> None:
        """Ingest the reports that the pod had not sent.

        A pod that was deleted may be gone before its phase says that it has ended. That matters where the
        next one goes on from its checkpoint.
        """
        continues = sweep.state.spec.trial.checkpoint is not None
        is_over = pod.has_ended or (gone and continues)
        if pod.summary is None or not is_over:
            return
        # One that went on from a checkpoint at the end of the training has nothing to report.
        if trial.reports.pod != pod.uid and (pod.summary.count or continues):
            sweep.switch_pod(trial, pod.uid, now)
        is_interrupted = pod_view(trial, pod).is_interrupted
        sweep.ingest_summary(trial, pod.summary, now, is_interrupted=is_interrupted)

    def _note_interruption(
        self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float
    ) -> None:
        """Note that one of several pods is interrupted; the planner decides whether the attempt ends.

        Those of a suspended Job start again when it is resumed: then it counts once, for rank 0.
        """
        if pod.uid in trial.requests.deleted:
            return
        # The controller of another kind deletes pods when it starts them again, or cleans up.
        is_routine = sweep.state.spec.trial.manifest is not None and not pod.view.disrupted
        if not self._is_suspended(pod):
            if is_routine:
                return
            view = pod_view(trial, pod)
            cause = interruption_cause(trial, pod, job_suspended=False)
            cause = Cause(cause.reason, f"rank {view.rank}: {cause.message}")
            sweep.trials.note_interruption(trial, pod, cause, now)
        elif pod.view.rank == 0:
            self._record_interruption(sweep, trial, pod, now)

    def _is_suspended(self, pod: CachedPod) -> bool:
        jobs = self._caches.jobs_of(ObjectKey(pod.namespace, pod.trial))
        return any(job.view.suspended for job in jobs)

    def _record_interruption(
        self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float
    ) -> None:
        suspended = self._is_suspended(pod)
        cause = interruption_cause(trial, pod, job_suspended=suspended)
        sweep.trials.record_interruption(trial, pod, cause, now)

    def _note_loss(self, sweep: SweepStore, trial: TrialState, pod: CachedPod, now: float) -> None:
        """Record which reports the end of a sidecar may have lost."""
        source = sweep.state.spec.metrics.source
        loss = lost_reports_notice(pod.sidecar, source, over=pod.has_ended)
        if loss is not None:
            notices = trial.completeness.sidecar_notices
            sweep.trials.note_completeness(trial, notices, loss, now)
            self._queues.trials.add_after((sweep.state.identity.key, trial.index), RECORD_DELAY)

    def follow_log(self, sweep: SweepStore, trial: TrialState) -> None:
        """Start reading the log of a trial's current pod, if reports are printed.

        Args:
            sweep: the trial's sweep.
            trial: a live trial.
        """
        if sweep.state.spec.metrics.source != protocol.LOGS:
            return
        key = ObjectKey(sweep.state.namespace, trial.name)
        pod = self._caches.newest_pod(key, trial.uid)
        if pod is not None and pod.attempt == trial.status.attempt:
            self._follow(sweep, trial, pod)

    def _follow(self, sweep: SweepStore, trial: TrialState, pod: CachedPod) -> None:
        if pod.view.started is None and not pod.view.is_terminal:
            return
        if trial.reports.pod != pod.uid:
            sweep.switch_pod(trial, pod.uid, self._clock())
        spec = sweep.state.spec
        also = spec.metrics.also
        kept = [m.name for m in trial.reports.other_metrics] if also is None else also
        others = dict.fromkeys((*sweep.state.criteria.result_metrics, *kept))
        metric, pattern = spec.objective.primary_metric, spec.metrics.pattern
        lines = LogParser(metric, pattern, time.thread_time, others)
        self._logs.follow(pod, lines, *trial.reports.log_position)

    def is_read(self, state: SweepState, pod: CachedPod) -> bool:
        """Return whether all reports of a pod were ingested.

        Args:
            state: the state of the pod's sweep.
            pod: a pod that has ended.
        """
        is_followed = state.spec.metrics.source == protocol.LOGS and pod.view.rank == 0
        return not is_followed or self._logs.has_read(pod.uid)

    def _reporting(self, pod: CachedPod) -> tuple[SweepStore, TrialState] | None:
        """Return the sweep and the trial that this pod reports for; None when it reports for none."""
        sweep = self._registry.sweep(ObjectKey(pod.namespace, pod.sweep))
        trial = None if sweep is None else sweep.state.trial(pod.trial)
        if sweep is None or trial is None or trial.reports.pod != pod.uid:
            return None
        return sweep, trial

    def _on_line(self, pod: CachedPod, found: list[tuple[str, float]], where: LogPosition) -> None:
        reporting = self._reporting(pod)
        if reporting is None:
            return
        sweep, trial = reporting
        before, now = trial.reports.curve.count, self._clock()
        decided = sweep.ingest_log_line(trial, found, where, now)
        metrics.REPORTS.labels(protocol.LOGS).inc(trial.reports.curve.count - before)
        self._queues.requeue_reporting(sweep.state, trial, now, decided=decided)

    def _on_findings(self, pod: CachedPod, found: LogFindings) -> None:
        reporting = self._reporting(pod)
        if reporting is None:
            return
        sweep, trial = reporting
        if trial.status.stop is not None:  # its pod is deleted, and the log with it
            found = replace(found, error="")
        now = self._clock()
        metric = sweep.state.spec.objective.primary_metric
        if sweep.trials.note_log(trial, found, metric, now):
            self._queues.trials.add_after((sweep.state.identity.key, trial.index), RECORD_DELAY)
            self._queues.requeue_status(sweep.state, now)

    def _on_log_end(self, pod: CachedPod) -> None:
        key = ObjectKey(pod.namespace, pod.sweep)
        sweep = self._registry.sweep(key)
        trial = None if sweep is None else sweep.state.trial(pod.trial)
        if trial is not None:
            self._queues.trials.add((key, trial.index))
