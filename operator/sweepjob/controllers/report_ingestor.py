"""Reports on their way into the memory of their sweep: from sidecars, from logs, from last words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import protocol
from ..ingest.pod_logs.reader import LogReaders
from ..kube.client import KubeClient
from ..pod_logs.findings import LogFindings
from ..pod_logs.limits import LogLimits
from ..pod_logs.log_parser import LogParser
from ..pod_logs.position import LogPosition
from ..telemetry import metrics
from ..trial_pods.lost_reports import lost_reports_notice
from ..trial_pods.pod_records import PodRecord
from .caches import Caches, Key
from .queues import Queues
from .sweep_store import SweepState
from .trial_store import TrialState

_SOON = 1.0  # seconds until a trial is looked at that has something to record some time


class ReportIngestor:
    """Takes in what trials say, if it is theirs to say.

    Args:
        find: the memory of a sweep, None when there is none.
        queues: are told what to look at again.
        clock: seconds since the epoch.
        limits: budgets for reading logs.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        find: Callable[[Key], SweepState | None],
        queues: Queues,
        clock: Callable[[], float],
        limits: LogLimits,
    ) -> None:
        self._caches = caches
        self._find = find
        self._queues = queues
        self._clock = clock
        self._logs = LogReaders(
            api,
            caches.pod,
            self._on_line,
            self._on_log_end,
            observed=self._on_findings,
            limits=limits,
            clock=clock,
        )

    def is_current(self, pod: PodRecord) -> bool:
        """Whether the pod is the one whose reports are its trial's. One that hangs on a lost node,
        or was taken away and replaced, is not.
        """
        state = self._find((pod.namespace, pod.sweep))
        trial = None if state is None else state.find(pod.trial)
        if trial is None:
            return True  # nothing is known about the trial yet, or any more
        newest = self._caches.newest_pod((pod.namespace, pod.trial), trial.uid)
        return pod.attempt == trial.attempt and newest is not None and newest.uid == pod.uid

    def take(self, sweep: Key, push: protocol.Push, pod: str) -> protocol.Reply | None:
        """A sidecar's push, already authenticated; None when the trial is not live.

        Args:
            pod: uid of the sidecar's pod.
        """
        state = self._find(sweep)
        trial = None if state is None else state.find(push.trial)
        if state is None or trial is None:
            return None
        if trial.pod != pod:
            state.switch_pod(trial, pod)
        before, now = trial.curve.count, self._clock()
        decided = state.report(trial, push, now)
        self._taken(state, trial, trial.curve.count - before, now, decided=decided)
        # A decision that is not on record yet may die with us: the sidecar must tell it all again then.
        action = protocol.CONTINUE if trial.stop is None else protocol.STOP
        return protocol.Reply(trial.curve.count + 1, trial.durable, action)

    def account(self, pod: PodRecord, *, gone: bool) -> None:
        """A pod has changed, or is gone."""
        if gone:
            self._logs.forget(pod.uid)
        state = self._find((pod.namespace, pod.sweep))
        if state is not None:
            self.take_in(state, pod, gone=gone)

    def take_in(self, state: SweepState, pod: PodRecord, *, gone: bool) -> None:
        """What a pod shows: its GPUs' time, who ended it, its sidecar's last words."""
        trial = state.find(pod.trial)
        if trial is None or trial.attempt != pod.attempt:
            return
        if self._caches.trial_uid_of(pod) != trial.uid:
            return
        now = self._clock()
        trial.account(pod, now, gone=gone)
        view = trial.view_of(pod)
        if view.is_interrupted and trial.stop is None:
            if view.is_terminal or gone:
                jobs = self._caches.jobs_of((pod.namespace, pod.trial))
                trial.interrupt(pod, now, suspended=any(j.view.suspended for j in jobs))
        elif pod.summary is not None and pod.has_ended:
            if trial.pod != pod.uid and pod.summary.count:
                state.switch_pod(trial, pod.uid)
            state.adopt(trial, pod.summary, now)
        if trial.stop is None and not view.is_interrupted:
            lost = lost_reports_notice(pod.sidecar, state.spec.metrics.source, over=pod.has_ended)
            if lost is not None:
                trial.note_doubts(trial.told, lost, now)
                self._queues.trials.add_after((state.key, trial.index), _SOON)

    def follow_log(self, state: SweepState, trial: TrialState) -> None:
        """See that the log of a trial's current pod is read, where reports are printed."""
        if state.spec.metrics.source != protocol.LOGS:
            return
        pod = self._caches.newest_pod((state.namespace, trial.name), trial.uid)
        if pod is not None and pod.attempt == trial.attempt:
            self._follow(state, trial, pod)

    def _follow(self, state: SweepState, trial: TrialState, pod: PodRecord) -> None:
        if pod.view.started is None and not pod.view.is_terminal:
            return
        if trial.pod != pod.uid:
            state.switch_pod(trial, pod.uid)
        lines = LogParser(state.spec.objective.primary_metric, state.spec.metrics.pattern)
        self._logs.follow(pod, lines, trial.log_time, trial.log_lines)

    def is_read(self, state: SweepState, pod: PodRecord) -> bool:
        """Whether everything that a pod has reported has been taken in."""
        return state.spec.metrics.source != protocol.LOGS or self._logs.has_read(pod.uid)

    def _on_line(self, pod: PodRecord, found: list[tuple[str, float]], where: LogPosition) -> None:
        state = self._find((pod.namespace, pod.sweep))
        trial = None if state is None else state.find(pod.trial)
        if state is None or trial is None or trial.pod != pod.uid:
            return
        before, now = trial.curve.count, self._clock()
        decided = state.read(trial, found, where.time, now, where.lines)
        self._taken(state, trial, trial.curve.count - before, now, decided=decided)

    def _on_findings(self, pod: PodRecord, found: LogFindings) -> None:
        state = self._find((pod.namespace, pod.sweep))
        trial = None if state is None else state.find(pod.trial)
        if state is None or trial is None or trial.pod != pod.uid:
            return
        if trial.stop is not None:  # its pod goes, and its log with it
            found = replace(found, error="")
        now = self._clock()
        if trial.note_log(found, state.spec.objective.primary_metric, now):
            self._queues.trials.add_after((state.key, trial.index), _SOON)
            self._queues.requeue_status(state, now)

    def _on_log_end(self, pod: PodRecord) -> None:
        state = self._find((pod.namespace, pod.sweep))
        trial = None if state is None else state.find(pod.trial)
        if state is not None and trial is not None:
            self._queues.trials.add((state.key, trial.index))

    def _taken(
        self, state: SweepState, trial: TrialState, reports: int, now: float, *, decided: bool
    ) -> None:
        """Act on a decision at once, on the rest soon."""
        metrics.REPORTS.labels(state.spec.metrics.source).inc(reports)
        if decided:
            self._queues.trials.add((state.key, trial.index))
        elif trial.unwritten_since == now:  # it is to be recorded some time
            self._queues.trials.add_after((state.key, trial.index), _SOON)
        self._queues.requeue_status(state, now)
