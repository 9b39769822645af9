"""What the operator remembers of a live trial beyond its record. All of it can be made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .. import protocol
from ..api.curve_encoding import load_curve
from ..api.executions import KEPT, Execution
from ..api.incomplete_reports import IncompleteReason
from ..api.names import REASON_LOG_UNREADABLE, REASON_REPORTS_LOST
from ..api.phases import TrialPhase
from ..api.stop_decision import StopDecision
from ..api.trial_record import TrialRecord
from ..early_stopping.curve import Curve
from ..lifecycle.observed import Pod, StartBlocker, TrainerEnd
from ..lifecycle.startup import SUSPENDED
from ..lifecycle.trial_planner import POD_DELETED
from ..pod_logs.findings import LogFindings, log_incomplete_reasons
from ..search.space import Assignment
from ..trial_pods.disruptions import SUMMARY_LOST
from ..trial_pods.pod_records import PodRecord

_WRITE_SHARE = 1 / 20  # of a trial's age passes between two writes of its curve,
_LONGEST_WRITE_INTERVAL = 60.0  # but not more than so many seconds


@dataclass(slots=True)
class TrialState:
    """A live trial.

    Attributes:
        curve: the reports of the pod ``pod`` (its uid).
        durable: how many of them are on record.
        decided: when the report came that led to the verdict, None when there is none.
        first_report: when the first report came, None if that was before the operator's start.
        stopped: when the decision to stop it was recorded.
        written: when the record's status was written last.
        unwritten_since: when the first report came that is not on record, None when all are.
        reason: why it is in its phase, as it is on record.
        trouble: what kept it from getting going when it was looked at last.
        trainer_end: how its trainer ended, while other containers of its pod went on at that time.
        launch_at: when the next attempt may start.
        gpus: how many it holds when it runs.
        gpu_used: GPU-seconds of the attempts before, by resource name.
        held: the same of each pod of the current attempt, by uid.
        disruptions: pods that somebody else ended.
        executions: pods that ended without ending the trial, the newest ones.
        interruption: why its last pod went, until another one runs.
        job_deleted: we have deleted the Job of the current attempt.
        missing_since: when its Job was first missed that should be there, None when it is not missing.
        unanswered: when its Job was asked for without an answer, None when there was one.
        deleted: uids of pods and Jobs whose deletion was asked for; a cache may not show it yet.
        undisturbed: uids of pods that nobody else took away when they were deleted.
        last: those of them after which their Job was deleted at once.
        refused: why its Job or its pod could not be created, None when they could.
        stuck: why its pod does not start, from an event, None when none says so.
        log_time, log_lines: where in the log the newest report was (``LogPosition``), of source logs.
        log_samples: lines of the log to quote while no report was found in it.
        log_unreadable: the log of its pod could not be read when that was tried last.
        doubts: why reports may be missing, by reason.
        is_known: the reports on record could be read, or have come anew.
        unread_best: the best on record where they could not.
        other_metrics_since: when the first report came, as long as none was of the primary metric.
        told: what its sidecar says that its reports lack.
        lost: what its pod shows, or the operator knows, that they lack.
        doubts: why its reports may be missing, or not what is meant, by reason.
    """

    name: str
    uid: str
    index: int
    assignment: Assignment
    phase: TrialPhase
    attempt: int
    failures: int
    launched: bool
    stop: StopDecision | None
    curve: Curve
    pod: str
    durable: int
    started: float | None
    gpus: float
    gpu_used: Counter[str]
    seen: tuple[str, ...]
    reason: str = ""
    launch_at: float | None = None
    disruptions: int = 0
    executions: list[Execution] = field(default_factory=list)
    interruption: tuple[str, str] | None = None
    pending_stop: StopDecision | None = None
    decided: float | None = None
    first_report: float | None = None
    stopped: float | None = None
    written: float = 0.0
    unwritten_since: float | None = None
    held: dict[str, Counter[str]] = field(default_factory=dict)
    job_deleted: bool = False
    missing_since: float | None = None
    unanswered: float | None = None
    deleted: set[str] = field(default_factory=set)
    undisturbed: set[str] = field(default_factory=set)
    last: set[str] = field(default_factory=set)
    refused: StartBlocker | None = None
    start_blocker: StartBlocker | None = None
    trainer_end: TrainerEnd | None = None
    stuck: StartBlocker | None = None
    log_time: int = 0
    is_known: bool = True
    unread_best: float | None = None
    log_lines: int = 1
    log_samples: tuple[str, ...] = ()
    log_unreadable: bool = False
    incomplete_reasons: dict[str, IncompleteReason] = field(default_factory=dict)
    other_metrics_since: float | None = None
    told: tuple[protocol.Notice, ...] = ()
    lost: protocol.Notice | None = None

    @classmethod
    def of(cls, record: TrialRecord, empty: Curve) -> TrialState:
        kept = record.curve
        if not kept.is_whole and not record.phase.is_end:
            kept = kept.unreported()  # its sidecar, or its log, has all of them
        curve = load_curve(kept, empty)
        return cls(
            name=record.name,
            uid=record.uid,
            index=record.index,
            assignment=record.assignment,
            phase=record.phase,
            attempt=record.attempt,
            failures=record.failures,
            launched=record.launched,
            stop=record.stop,
            curve=curve,
            pod=kept.pod,
            durable=curve.count,
            started=record.started,
            gpus=record.gpus,
            gpu_used=_counter(record.gpu_used),
            seen=record.seen,
            reason=record.reason,
            launch_at=record.launch_at,
            disruptions=record.disruptions,
            executions=list(record.executions),
            log_time=kept.log_time,
            log_lines=kept.log_lines,
            is_known=kept.is_whole,
            unread_best=None if record.curve.is_whole else record.curve.best,
            log_samples=record.log_samples,
            log_unreadable=REASON_LOG_UNREADABLE in record.incomplete_reasons,
            incomplete_reasons=dict(record.incomplete_reasons),
        )

    @property
    def incomplete(self) -> str:
        """Why its reports may be incomplete, empty when they are complete."""
        found = (
            d.message
            for why, d in self.incomplete_reasons.items()
            if why != protocol.AMBIGUOUS_METRIC
        )
        return next(found, "")

    def note_doubts(
        self, told: tuple[protocol.Notice, ...], lost: protocol.Notice | None, now: float
    ) -> None:
        """Note what its reports lack; it is recorded soon."""
        self.told, self.lost = told, lost
        before = dict(self.incomplete_reasons)
        for reason in (protocol.REPORTS_INCOMPLETE, protocol.AMBIGUOUS_METRIC):
            notices = told if lost is None else (lost, *told)
            text = " ".join(n.message for n in notices if n.reason == reason)
            since = before[reason].since if reason in before else now
            if text:
                self.incomplete_reasons[reason] = IncompleteReason(text, since)
            else:
                self.incomplete_reasons.pop(reason, None)
        if self.incomplete_reasons != before and self.unwritten_since is None:
            self.unwritten_since = now

    def look_for_job(self, *, there: bool, now: float, since: float) -> None:
        """Note since when the Job of the current attempt is missing, and what happens to pods is seen."""
        missing = self.launched and not there and not self.job_deleted
        self.missing_since = max(self.missing_since or now, since) if missing else None

    def switch_pod(self, pod: str) -> None:
        """Reports come from a new pod: its numbering starts afresh, the best ever stays."""
        if self.pod:
            self.curve = self.curve.again(self.unread_best)
        self.pod = pod
        self.durable = self.log_time = 0
        if self.log_unreadable:  # what is missing of a curve that counts no more
            del self.incomplete_reasons[REASON_LOG_UNREADABLE]
        self.told, self.lost = (), None
        for reason in (protocol.REPORTS_INCOMPLETE, protocol.AMBIGUOUS_METRIC):
            self.incomplete_reasons.pop(reason, None)
        self.log_lines, self.log_samples, self.log_unreadable = 1, (), False

    def view_of(self, pod: PodRecord) -> Pod:
        """A pod as it counts for the trial. One that ended well without a word of what it had reported
        is no end, if nothing is known of that: the next attempt tells. Once, or a sidecar that
        cannot live would have it started again for ever.
        """
        heard = self.pod == pod.uid and self.curve.count > 0
        before = (e for e in self.executions if e.reason == REASON_REPORTS_LOST)
        if not pod.summary_lost or heard or any(e.pod != pod.name for e in before):
            return pod.view
        return replace(pod.view, disrupted=True, failure=SUMMARY_LOST)

    def account(self, pod: PodRecord, now: float, *, gone: bool) -> None:
        """Note how long a pod has held its GPUs, as far as it is known at this moment."""
        self.gpus = max(self.gpus, sum(pod.gpus.values()))
        view = self.view_of(pod)
        if view.started is not None and self.started is None:
            self.started = view.started
        if view.started is not None and not view.is_interrupted:
            self.interruption = None
        if pod.gpus_held_since is not None:
            until = pod.ended if pod.ended is not None else now
            if pod.ended is None and not gone and pod.uid not in self.held:
                self.held[pod.uid] = Counter()  # still holds; counted when it ends
            elif pod.ended is not None or gone:
                seconds = max(0.0, until - pod.gpus_held_since)
                self.held[pod.uid] = _counter({n: c * seconds for n, c in pod.gpus.items()})

    def interrupt(self, pod: PodRecord, now: float, *, suspended: bool) -> bool:
        """Note that somebody else ended a pod; whether that is news."""
        deleted = SUSPENDED if suspended else POD_DELETED
        view = self.view_of(pod)
        why = view.failure if view.disrupted else deleted
        self.interruption = why
        if any(execution.pod == pod.name for execution in self.executions):
            return False
        self.disruptions += 1
        self.add_execution(Execution(pod.attempt, pod.name, pod.view.node, *why, now))
        if self.unwritten_since is None:
            self.unwritten_since = now
        return True

    def write_interval(self, shortest: float) -> float:
        """Seconds between two writes of the curve: they grow with the trial's age, so that hundreds of
        long trials are no load. What is not on record meanwhile the sidecar still has.
        """
        age = 0.0 if self.started is None else self.written - self.started
        return max(shortest, min(_LONGEST_WRITE_INTERVAL, age * _WRITE_SHARE))

    def add_execution(self, execution: Execution) -> None:
        """Keep the newest ones."""
        self.executions = [*self.executions, execution][-KEPT:]

    @property
    def gpu_totals(self) -> Counter[str]:
        """GPU-seconds of all attempts that have ended, and of the current one's ended pods, by
        resource name.
        """
        return sum(self.held.values(), self.gpu_used)

    @property
    def gpu_total(self) -> float:
        """GPU-seconds of all resources together."""
        return sum(self.gpu_totals.values())

    @property
    def log_evidence(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Lines of the log to quote, and why reports in it may be missing."""
        return self.log_samples, tuple(doubt.message for doubt in self.incomplete_reasons.values())

    def note_log(self, found: LogFindings, metric: str, now: float) -> bool:
        """Note what was found in the log beside reports; whether there are other doubts than before."""
        before = dict(self.incomplete_reasons)
        for reason, message in log_incomplete_reasons(found, metric):
            since = (
                self.incomplete_reasons[reason].since if reason in self.incomplete_reasons else now
            )
            self.incomplete_reasons[reason] = IncompleteReason(message, since)
        if self.log_unreadable and not found.error:
            del self.incomplete_reasons[REASON_LOG_UNREADABLE]
        self.log_unreadable = bool(found.error)
        self.log_samples = found.samples or self.log_samples
        news = before != self.incomplete_reasons
        if news and self.unwritten_since is None:
            self.unwritten_since = now
        return news

    def missing_of(self, summary: protocol.Summary) -> tuple[float, ...]:
        """The reports of a sidecar's last words that never arrived, as far as they are in it."""
        lacking = summary.count - self.curve.count
        return summary.tail[-lacking:] if lacking > 0 else ()


def _counter(amounts: Mapping[str, float]) -> Counter[str]:
    return Counter(amounts)
