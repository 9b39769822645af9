"""The live trials of a sweep, and every change of their state.

Nothing else assigns to a field of ``TrialState``; other modules only read it. Each method here is one
transition. It raises ``ValueError`` when its precondition does not hold: that is an error of the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ... import protocol
from ...api.meta.cause import Cause
from ...api.names import REASON_LOG_UNREADABLE
from ...api.phases import TrialPhase
from ...api.sweeptrial import attempt_history as executions
from ...api.sweeptrial.attempt_history import AttemptRecord
from ...api.sweeptrial.curve_encoding import load_curve
from ...api.sweeptrial.incomplete_reports import IncompleteReason
from ...api.sweeptrial.stop_decision import StopDecision
from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.curve import Curve
from ...lifecycle.workload import StartBlocker, TrainerEnd
from ...log_parsing.findings import LogFindings, log_incomplete_reasons
from ...log_parsing.position import LogPosition
from ...trial_pods.pod_records import PodRecord
from .pod_classification import pod_view
from .trial_state import (
    GpuUsage,
    PendingStop,
    RecordedStatus,
    ReportCompleteness,
    Reports,
    StatusWrites,
    TrialState,
)

# Reasons that a sidecar's notices and a pod's status give; the others come from reading logs.
_NOTICES = (protocol.REPORTS_INCOMPLETE, protocol.AMBIGUOUS_METRIC)


class TrialStore:
    """Trials that have not ended, of one sweep.

    Attributes:
        live: the trials by index, for reading.
    """

    def __init__(self) -> None:
        self._live: dict[int, TrialState] = {}
        self.live: Mapping[int, TrialState] = self._live

    def add(self, record: TrialRecord, empty: Curve) -> TrialState:
        """Add a trial from its SweepTrial.

        Args:
            record: the SweepTrial.
            empty: a curve without reports, as the sweep's policy needs it.

        Raises:
            ValueError: the index is taken.
        """
        _require(record.index not in self._live, f"trial {record.index} is live already")
        trial = trial_state(record, empty)
        self._live[record.index] = trial
        return trial

    def remove(self, trial: TrialState) -> None:
        """Forget a trial whose end is recorded."""
        self._live.pop(trial.index, None)

    # The SweepTrial's status. Each of these follows a successful write, except ``begin_write``.

    def begin_write(self, trial: TrialState) -> float | None:
        """A write of all that is pending begins; what changes from now on is pending anew.

        Returns:
            What ``abort_write`` needs: since when something was pending.
        """
        since = trial.writes.pending_since
        trial.writes = replace(trial.writes, pending_since=None)
        return since

    def abort_write(self, trial: TrialState, since: float | None) -> None:
        """The write failed: what was pending before it still is.

        Args:
            trial: a live trial.
            since: the answer of ``begin_write``.
        """
        if since is not None:
            trial.writes = replace(trial.writes, pending_since=since)

    def complete_write(self, trial: TrialState, reports: int, now: float) -> None:
        """The write succeeded.

        Args:
            trial: a live trial.
            reports: how many reports the written curve has.
            now: seconds since the epoch when the write began.
        """
        recorded = max(trial.writes.reports, reports)
        trial.writes = replace(trial.writes, reports=recorded, written_at=now)

    def record_stop(
        self, trial: TrialState, stop: StopDecision, phase: TrialPhase, now: float
    ) -> None:
        """The decision to stop the trial is recorded, for good.

        Args:
            trial: a live trial.
            stop: the decision.
            phase: the recorded phase.
            now: seconds since the epoch.

        Raises:
            ValueError: another decision is recorded.
        """
        _require(trial.status.stop in (None, stop), f"{trial.name} has another decision")
        trial.status = replace(trial.status, stop=stop, stopped_at=now, phase=phase)

    def record_attempt(
        self,
        trial: TrialState,
        attempt: int,
        failures: int,
        reason: str,
        retry_at: float | None,
        now: float,
    ) -> None:
        """It is recorded that an attempt ended, and that another one follows.

        Args:
            trial: a live trial.
            attempt: the number of the next attempt.
            failures: failed attempts so far.
            reason: why the attempt ended.
            retry_at: seconds since the epoch before which no Job is created; None for at once.
            now: seconds since the epoch.

        Raises:
            ValueError: it is not the next attempt, or the trial is to stop.
        """
        _require(attempt == trial.status.attempt + 1, f"{trial.name}: {attempt} is not next")
        _require(trial.status.stop is None, f"{trial.name} is to stop")
        trial.gpu = replace(trial.gpu, earlier=trial.gpu.by_resource, by_pod={})
        trial.status = replace(
            trial.status,
            phase=TrialPhase.PENDING,
            attempt=attempt,
            failures=failures,
            job_created=False,
            reason=reason,
            retry_at=retry_at,
        )
        trial.requests = replace(trial.requests, job_deleted=False)
        trial.workload = replace(trial.workload, interruption=None)
        self.note_completeness(trial, (), None, now)

    def record_progress(self, trial: TrialState, phase: TrialPhase, reason: str) -> None:
        """Phase and reason of a trial that continues are recorded.

        Args:
            trial: a live trial.
            phase: a phase that is not final.
            reason: why it is in that phase; may be empty.

        Raises:
            ValueError: the phase is final.
        """
        _require(not phase.is_end, f"{phase} is an end")
        trial.status = replace(trial.status, phase=phase, reason=reason)

    def add_execution(self, trial: TrialState, execution: AttemptRecord) -> None:
        """A pod or an attempt ended without ending the trial. The newest ones are kept."""
        kept = (*trial.status.executions, execution)[-executions.KEPT :]
        trial.status = replace(trial.status, executions=kept)

    # Requests to the API server.

    def mark_job_requested(self, trial: TrialState, now: float) -> None:
        """A Job is about to be requested; without an answer it may exist.

        Raises:
            ValueError: the attempt has a Job.
        """
        _require(not trial.status.job_created, f"{trial.name} has a Job")
        trial.requests = replace(trial.requests, unconfirmed_job_since=now)

    def mark_job_created(self, trial: TrialState) -> None:
        """The Job of the attempt exists: if it is missing from now on, somebody deleted it."""
        trial.requests = replace(trial.requests, unconfirmed_job_since=None)
        trial.blockers = replace(trial.blockers, creation=None)
        trial.status = replace(trial.status, job_created=True)

    def mark_job_refused(self, trial: TrialState, blocker: StartBlocker, retry_at: float) -> None:
        """The API server refused the Job.

        Args:
            trial: a live trial.
            blocker: why.
            retry_at: seconds since the epoch when it is requested again.
        """
        trial.requests = replace(trial.requests, unconfirmed_job_since=None)
        trial.blockers = replace(trial.blockers, creation=blocker)
        trial.status = replace(trial.status, retry_at=retry_at)

    def allow_retry(self, trial: TrialState) -> None:
        """The Job may be requested at once: a permission was granted."""
        trial.status = replace(trial.status, retry_at=None)

    def mark_pod_deleted(self, trial: TrialState, uid: str, *, was_running: bool) -> None:
        """The deletion of a pod was requested.

        Args:
            trial: a live trial.
            uid: the uid of the pod.
            was_running: it ran, and nobody else had asked it to terminate.
        """
        running = trial.requests.deleted_running
        trial.requests = replace(
            trial.requests,
            deleted=trial.requests.deleted | {uid},
            deleted_running=running | {uid} if was_running else running,
        )

    def mark_job_deleted(
        self, trial: TrialState, uid: str, pods: tuple[str, ...], *, existed: bool
    ) -> None:
        """The deletion of a Job was requested.

        Args:
            trial: a live trial.
            uid: the uid of the Job.
            pods: uids of pods that were deleted just before it.
            existed: the Job existed.
        """
        trial.requests = replace(
            trial.requests,
            deleted=trial.requests.deleted | {uid},
            job_deleted=existed,
            not_replaced=trial.requests.not_replaced
            | trial.requests.deleted_running.intersection(pods),
        )

    # What the Job, the pods and their events show.

    def note_creation_blocker(self, trial: TrialState, blocker: StartBlocker | None) -> None:
        """Why the Job's pod cannot be created; None when it was."""
        trial.blockers = replace(trial.blockers, creation=blocker)

    def note_pod_blocker(self, trial: TrialState, blocker: StartBlocker | None) -> None:
        """Why the pod does not start, by its events; None when nothing says so."""
        trial.blockers = replace(trial.blockers, pod=blocker)

    def observe_workload(
        self,
        trial: TrialState,
        *,
        job_exists: bool,
        blocker: StartBlocker | None,
        trainer_end: TrainerEnd | None,
        since: float,
        now: float,
    ) -> None:
        """The Job and the pods of the current attempt in the watch caches.

        Args:
            trial: a live trial.
            job_exists: the Job of the attempt exists.
            blocker: what keeps the trial from starting; None when nothing does.
            trainer_end: how the trainer ended while other containers still run; None otherwise.
            since: the time since which every event of a pod has been seen, in seconds since the epoch.
            now: seconds since the epoch.
        """
        absent = trial.status.job_created and not job_exists and not trial.requests.job_deleted
        first = max(trial.workload.job_missing_since or now, since) if absent else None
        trial.blockers = replace(trial.blockers, current=blocker)
        trial.workload = replace(trial.workload, job_missing_since=first, trainer_end=trainer_end)

    def observe_pod(self, trial: TrialState, pod: PodRecord, now: float, *, gone: bool) -> None:
        """A pod changed: its start, and how long it has held its GPUs, as far as known.

        Args:
            trial: a live trial.
            pod: a pod of the current attempt.
            now: seconds since the epoch.
            gone: the pod was deleted.
        """
        view = pod_view(trial, pod)
        if view.started is not None and trial.status.started is None:
            trial.status = replace(trial.status, started=view.started)
        if view.started is not None and not view.is_interrupted:
            trial.workload = replace(trial.workload, interruption=None)
        trial.gpu = _with_pod(trial.gpu, pod, now, gone=gone)

    def record_interruption(
        self, trial: TrialState, pod: PodRecord, cause: Cause, now: float
    ) -> bool:
        """Somebody else ended a pod.

        Args:
            trial: a live trial.
            pod: the pod.
            cause: why it ended.
            now: seconds since the epoch.

        Returns:
            Whether this is new for the pod.
        """
        trial.workload = replace(trial.workload, interruption=cause)
        if any(execution.pod == pod.name for execution in trial.status.executions):
            return False
        trial.status = replace(trial.status, disruptions=trial.status.disruptions + 1)
        execution = AttemptRecord(pod.attempt, pod.name, pod.view.node, *cause, now)
        self.add_execution(trial, execution)
        self._mark_pending(trial, now)
        return True

    # Reports.

    def switch_pod(self, trial: TrialState, pod: str) -> None:
        """Another pod reports: its numbering starts at 1 again, and the best value so far is kept.

        Args:
            trial: a live trial.
            pod: uid of the pod.
        """
        had_pod = bool(trial.reports.pod)
        curve = trial.reports.curve
        if had_pod:
            curve = curve.restarted(trial.reports.unreadable_best)
        # What was missing from a curve that no longer counts.
        void = {*_NOTICES}
        if trial.completeness.log_unreadable:
            void.add(REASON_LOG_UNREADABLE)
        kept = {why: w for why, w in trial.completeness.warnings.items() if why not in void}
        trial.completeness = ReportCompleteness(kept)
        trial.writes = replace(trial.writes, reports=0)
        trial.reports = replace(
            trial.reports, curve=curve, pod=pod, log_position=LogPosition(), log_samples=()
        )

    def append_report(self, trial: TrialState, value: float, now: float) -> None:
        """The next report of the primary metric.

        Args:
            trial: a live trial.
            value: the reported value; may be infinite or NaN.
            now: seconds since the epoch.
        """
        reports = trial.reports
        reports.curve.append(value)
        first = now if reports.curve.count == 1 else reports.first_at
        is_new = reports.other_metrics_since is not None or not reports.is_complete
        if is_new or first != reports.first_at:
            trial.reports = replace(
                reports, other_metrics_since=None, is_complete=True, first_at=first
            )
        self._mark_pending(trial, now)

    def complete_curve(self, trial: TrialState, count: int, best: float | None) -> None:
        """The sidecar's summary names more reports than have arrived.

        Args:
            trial: a live trial.
            count: how many reports the pod made.
            best: a better value than those that arrived; None when there is none.
        """
        curve = trial.reports.curve
        if best is not None:
            curve.best = best
        curve.count = max(curve.count, count)

    def note_metric_names(self, trial: TrialState, seen: tuple[str, ...], now: float) -> None:
        """Names of all metrics that the trial reported. A shorter list comes from an older message.

        Args:
            trial: a live trial.
            seen: the names.
            now: seconds since the epoch.
        """
        reports = trial.reports
        names = seen if len(seen) >= len(reports.metric_names) else reports.metric_names
        since = reports.other_metrics_since
        if names and reports.curve.count == 0 and since is None:
            since = now
        if (names, since) != (reports.metric_names, reports.other_metrics_since):
            trial.reports = replace(reports, metric_names=names, other_metrics_since=since)

    def note_log_position(self, trial: TrialState, position: LogPosition) -> None:
        """Where in the log the newest report is."""
        trial.reports = replace(trial.reports, log_position=position)

    def set_pending_stop(self, trial: TrialState, decision: StopDecision, now: float) -> None:
        """The policy decided to stop the trial; the record follows.

        Args:
            trial: a live trial.
            decision: the policy's decision.
            now: seconds since the epoch.

        Raises:
            ValueError: there is a decision.
        """
        undecided = trial.pending_stop is None and trial.status.stop is None
        _require(undecided, f"{trial.name} has a decision")
        trial.pending_stop = PendingStop(decision, now)

    def withdraw_pending_stop(self, trial: TrialState) -> None:
        """The trial ended on its own before the decision was recorded."""
        if trial.status.stop is None:
            trial.pending_stop = None

    # Completeness of the reports.

    def note_completeness(
        self,
        trial: TrialState,
        notices: tuple[protocol.Notice, ...],
        loss: protocol.Notice | None,
        now: float,
    ) -> None:
        """What the reports lack, according to the sidecar and to its pod's status.

        Args:
            trial: a live trial.
            notices: the sidecar's notices.
            loss: reports that are known to be lost; None when none are.
            now: seconds since the epoch.
        """
        before = trial.completeness.warnings
        found = dict(before)
        every = notices if loss is None else (loss, *notices)
        for reason in _NOTICES:
            text = " ".join(n.message for n in every if n.reason == reason)
            since = before[reason].since if reason in before else now
            if text:
                found[reason] = IncompleteReason(text, since)
            else:
                found.pop(reason, None)
        if (notices, loss) != (trial.completeness.sidecar_notices, trial.completeness.loss):
            trial.completeness = replace(trial.completeness, sidecar_notices=notices, loss=loss)
        self._set_warnings(trial, found, now)

    def note_log(self, trial: TrialState, found: LogFindings, metric: str, now: float) -> bool:
        """What reading the log found besides reports.

        Args:
            trial: a live trial.
            found: all findings of this log so far.
            metric: name of the primary metric.
            now: seconds since the epoch.

        Returns:
            Whether the warnings changed.
        """
        before = trial.completeness.warnings
        warnings = dict(before)
        for reason, message in log_incomplete_reasons(found, metric):
            since = before[reason].since if reason in before else now
            warnings[reason] = IncompleteReason(message, since)
        if trial.completeness.log_unreadable and not found.error:
            del warnings[REASON_LOG_UNREADABLE]
        trial.completeness = replace(trial.completeness, log_unreadable=bool(found.error))
        if found.samples:
            trial.reports = replace(trial.reports, log_samples=found.samples)
        return self._set_warnings(trial, warnings, now)

    def _set_warnings(
        self, trial: TrialState, warnings: dict[str, IncompleteReason], now: float
    ) -> bool:
        if warnings == trial.completeness.warnings:
            return False
        trial.completeness = replace(trial.completeness, warnings=warnings)
        self._mark_pending(trial, now)
        return True

    def _mark_pending(self, trial: TrialState, now: float) -> None:
        """Something changed that is not in the record."""
        if trial.writes.pending_since is None:
            trial.writes = replace(trial.writes, pending_since=now)


def trial_state(record: TrialRecord, empty: Curve) -> TrialState:
    """A trial in the state that its SweepTrial records.

    Args:
        record: the SweepTrial.
        empty: a curve without reports.
    """
    kept = record.curve
    if not kept.is_whole and not record.phase.is_end:
        kept = kept.unreported()  # its sidecar, or its log, has all of them
    curve = load_curve(kept, empty)
    return TrialState(
        name=record.name,
        uid=record.uid,
        index=record.index,
        assignment=record.assignment,
        status=_recorded_status(record),
        reports=Reports(
            curve=curve,
            pod=kept.pod,
            metric_names=record.seen,
            is_complete=kept.is_whole,
            unreadable_best=None if record.curve.is_whole else record.curve.best,
            log_position=LogPosition(kept.log_time, kept.log_lines),
            log_samples=record.log_samples,
        ),
        writes=StatusWrites(reports=curve.count),
        completeness=ReportCompleteness(
            dict(record.incomplete_reasons),
            log_unreadable=REASON_LOG_UNREADABLE in record.incomplete_reasons,
        ),
        gpu=GpuUsage(record.gpus, _counter(record.gpu_used)),
    )


def _recorded_status(record: TrialRecord) -> RecordedStatus:
    return RecordedStatus(
        phase=record.phase,
        attempt=record.attempt,
        failures=record.failures,
        job_created=record.job_created,
        reason=record.reason,
        retry_at=record.retry_at,
        started=record.started,
        stop=record.stop,
        disruptions=record.disruptions,
        executions=tuple(record.executions),
    )


def _with_pod(gpu: GpuUsage, pod: PodRecord, now: float, *, gone: bool) -> GpuUsage:
    """The usage with a pod's GPU-seconds; those of a pod that holds its GPUs count when it ends."""
    count = max(gpu.count, sum(pod.gpus.values()))
    by_pod = gpu.by_pod
    if pod.gpus_held_since is not None:
        if pod.ended is not None or gone:
            until = pod.ended if pod.ended is not None else now
            seconds = max(0.0, until - pod.gpus_held_since)
            used = _counter({name: held * seconds for name, held in pod.gpus.items()})
            by_pod = {**by_pod, pod.uid: used}
        elif pod.uid not in by_pod:
            by_pod = {**by_pod, pod.uid: Counter()}
    return GpuUsage(count, gpu.earlier, by_pod)


def _counter(amounts: Mapping[str, float]) -> Counter[str]:
    return Counter(amounts)


def _require(holds: bool, violation: str) -> None:
    """Check a transition's precondition.

    Raises:
        ValueError: it does not hold; the message says what is violated.
    """
    if not holds:
        raise ValueError(violation)
