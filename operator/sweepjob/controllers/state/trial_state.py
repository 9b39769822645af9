"""What the operator keeps in memory about one live trial: values only.

``TrialStore`` alone changes them. All of it can be rebuilt: from the SweepTrial, from its Job and pods,
and from the reports, which the sidecar sends again and the log still has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ... import protocol
from ...api.meta.cause import Cause
from ...api.names import REASON_CHECKPOINT_NOT_USED, REASON_OBJECT_UNREADABLE
from ...api.phases import TrialPhase
from ...api.sweeptrial.attempt_history import AttemptRecord
from ...api.sweeptrial.desired_state import UNDECIDED, DesiredState
from ...api.sweeptrial.incomplete_reports import IncompleteReason
from ...api.sweeptrial.log_tail import LogTail
from ...api.sweeptrial.pod_states import PodState
from ...api.sweeptrial.stop_decision import StopDecision
from ...api.sweeptrial.trial_budget import RungResult
from ...early_stopping.curve import Curve
from ...early_stopping.curve_steps import NO_STEPS, CurveSteps
from ...lifecycle.pod_failures import PodFailure
from ...lifecycle.workload import StartBlocker, TrainerEnd
from ...log_parsing.position import LogPosition
from ...search.space import Assignment
from .trial_usage import TrialUsage

_LOG_START = LogPosition()
# Warnings about a trial that lacks no report, the more important one first.
# With an object that cannot be read, reports are missing only if its attempt ends without its pod's word.
_WITHOUT_LOSS = (REASON_OBJECT_UNREADABLE, protocol.AMBIGUOUS_METRIC, REASON_CHECKPOINT_NOT_USED)


def means_loss(reason: str) -> bool:
    """Return whether a warning about a trial says that reports may be missing."""
    return reason not in _WITHOUT_LOSS


def importance(reason: str) -> int:
    """Return the rank of a warning about a trial; the most important ones have 0."""
    return 0 if means_loss(reason) else 1 + _WITHOUT_LOSS.index(reason)


@dataclass(frozen=True, slots=True)
class RecordedStatus:
    """What the status of the SweepTrial says.

    Attributes:
        attempt: the attempt that runs or comes next, from 1.
        failures: how many attempts failed.
        job_created: a Job of this attempt existed. An operator that has just started knows this only of a
            trial that has run.
        reason: why the trial is in its phase.
        retry_at: seconds since the epoch before which no Job is created; None for at once.
        started: seconds since the epoch when the trainer first started; None before.
        stop: the decision to stop the trial; None when there is none.
        stopped_at: seconds since the epoch when ``stop`` was recorded, None when this operator did not
            see that.
        disruptions: how many pods somebody else ended.
        executions: pods and attempts that ended without ending the trial, the newest ones.
        pause: the decision that paused the trial; kept until it continues.
        ran: seconds that its trainer ran in executions that were paused.
    """

    phase: TrialPhase
    attempt: int
    failures: int
    job_created: bool
    reason: str = ""
    retry_at: float | None = None
    started: float | None = None
    stop: StopDecision | None = None
    stopped_at: float | None = None
    disruptions: int = 0
    executions: tuple[AttemptRecord, ...] = ()
    pause: StopDecision | None = None
    ran: float = 0.0


@dataclass(frozen=True, slots=True)
class StatusWrites:
    """How far the SweepTrial lags behind memory.

    Attributes:
        reports: how many reports of the current pod the recorded curve has.
        pending_since: seconds since the epoch when something changed that is not recorded yet; None when
            the record is up to date.
        written_at: seconds since the epoch of the last status write, 0.0 when this operator made none.
    """

    reports: int = 0
    pending_since: float | None = None
    written_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports of the primary metric, and what else the trial reported.

    Attributes:
        curve: the reports of the pod ``pod``, and those of earlier ones where it goes on from a
            checkpoint.
        pod: uid of the pod that reports; empty before any did.
        metric_names: names of all metrics that the trial reported.
        first_at: seconds since the epoch of the first report, None if this operator did not see it.
        other_metrics_since: seconds since the epoch of the first report of another metric, as long as
            there is none of the primary metric.
        is_complete: the recorded curve could be read, or the reports have arrived again.
        unreadable_best: the recorded best value where the recorded curve could not be read.
        log_position: the position after the line of the newest report, for the metrics source ``logs``.
        log_samples: lines of the log to quote while no report was found in it.
        other_metrics: the curves of metrics besides the primary one, of the same pod.
        received: how many reports of the pod ``pod`` were ingested, those included that did not count.
        steps: which steps the curve has.
        is_final: the end of the pod ``pod`` was seen, with the reports that it had not sent.
        results: the last values of the metrics besides the primary one that are results of the trial, of
            the same pod.
    """

    curve: Curve
    pod: str = ""
    metric_names: tuple[str, ...] = ()
    first_at: float | None = None
    other_metrics_since: float | None = None
    is_complete: bool = True
    unreadable_best: float | None = None
    log_position: LogPosition = _LOG_START
    log_samples: tuple[str, ...] = ()
    other_metrics: protocol.MetricCurves = field(default_factory=protocol.MetricCurves)
    received: int = 0
    steps: CurveSteps = NO_STEPS
    is_final: bool = False
    results: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportCompleteness:
    """Whether all reports have arrived.

    Attributes:
        warnings: why reports may be missing, or not the ones that are meant, by reason.
        sidecar_notices: what is missing from the reports according to the sidecar.
        loss: what the pod's status, or a gap in the numbering, shows to be lost.
        log_unreadable: the last attempt to read the pod's log failed.
    """

    warnings: Mapping[str, IncompleteReason] = field(default_factory=dict)
    sidecar_notices: tuple[protocol.Notice, ...] = ()
    loss: protocol.Notice | None = None
    log_unreadable: bool = False

    @property
    def incomplete(self) -> str:
        """Why reports may be missing, in a sentence; empty when none are."""
        found = (w.message for why, w in self.warnings.items() if means_loss(why))
        return next(found, "")

    @property
    def first_warning(self) -> Cause | None:
        """The most important warning: one about missing reports, if there is one."""
        reason = min(self.warnings, key=importance, default=None)
        return None if reason is None else Cause(reason, self.warnings[reason].message)


@dataclass(frozen=True, slots=True)
class ObservedWorkload:
    """What the Job and the pods of the current attempt show.

    Attributes:
        job_missing_since: seconds since the epoch when the expected Job was first observed to be absent;
            None while it exists, or when the operator deleted it and its pods are gone with it.
        trainer_end: how the trainer ended while other containers of its pod still run.
        interruption: why the last pod was interrupted; kept until another one runs. Of several pods, the
            first one, kept until the next attempt.
        interrupted_at: when the first of several pods was interrupted, in seconds since the epoch.
        pods: the pods of the current attempt of a trial of several, also those that are gone.
        is_cut_off: its sidecars cannot trust the operator's certificate, so that they cannot report.
        training_since: seconds since the epoch when the trainer of the current attempt started; None
            before.
        pod_failures: failures of several pods that were seen in the current attempt.
    """

    job_missing_since: float | None = None
    trainer_end: TrainerEnd | None = None
    interruption: Cause | None = None
    interrupted_at: float | None = None
    pods: tuple[PodState, ...] = ()
    is_cut_off: bool = False
    training_since: float | None = None
    pod_failures: tuple[PodFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class StartBlockers:
    """What keeps the trial from starting.

    Attributes:
        creation: why its Job, or the Job's pod, could not be created.
        pod: why its pod does not start, from an event.
        current: the one that counts: one of these, or what the pod's status says; None while the
            trainer runs.
    """

    creation: StartBlocker | None = None
    pod: StartBlocker | None = None
    current: StartBlocker | None = None


@dataclass(frozen=True, slots=True)
class ApiRequests:
    """Requests to the API server that the watch caches may not show yet.

    Attributes:
        unconfirmed_job_since: seconds since the epoch when a Job was requested and no answer came.
        job_stays_until_pods_end: the operator deleted the Job of the current attempt, in the foreground:
            it is gone only when its pods are. An object of another kind is deleted in the background.
        deleted: uids of pods and Jobs whose deletion was requested.
        deleted_running: uids of those pods that ran undisturbed until then.
        not_replaced: uids of those pods whose Job was deleted at once, so that it creates no other pod.
    """

    unconfirmed_job_since: float | None = None
    job_stays_until_pods_end: bool = False
    deleted: frozenset[str] = frozenset()
    deleted_running: frozenset[str] = frozenset()
    not_replaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PendingStop:
    """A decision to stop the trial that is not recorded yet.

    Attributes:
        decided_at: seconds since the epoch when the report arrived that led to it.
    """

    decision: StopDecision
    decided_at: float


@dataclass(slots=True, eq=False)
class TrialState:
    """A trial that has not ended.

    Attributes:
        name, uid: identify its SweepTrial.
        index: its number in the sweep, from 0.
        assignment: the parameter values that it tries.
        pending_stop: a decision of the policy that is not recorded yet; None when there is none.
        log_tails: the end of the log of the newest attempt that ended, by its number.
        desired: what a person wants of the trial, as the SweepTrial says.
        resumption: why the paused trial continues, until that is recorded; None while it does not.
        rungs: its executions with less than the largest budget that have succeeded, in their order.
        launched_budget: the budget of the execution that runs, as its Job or the record says; None where
            it follows from the policy in force.
    """

    name: str
    uid: str
    index: int
    assignment: Assignment
    status: RecordedStatus
    reports: Reports
    writes: StatusWrites = field(default_factory=StatusWrites)
    completeness: ReportCompleteness = field(default_factory=ReportCompleteness)
    workload: ObservedWorkload = field(default_factory=ObservedWorkload)
    blockers: StartBlockers = field(default_factory=StartBlockers)
    requests: ApiRequests = field(default_factory=ApiRequests)
    usage: TrialUsage = field(default_factory=TrialUsage)
    pending_stop: PendingStop | None = None
    log_tails: Mapping[int, LogTail] = field(default_factory=dict)
    desired: DesiredState = UNDECIDED
    resumption: Cause | None = None
    rungs: tuple[RungResult, ...] = ()
    launched_budget: int | None = None

    @property
    def is_paused(self) -> bool:
        """Whether the trial is paused and has no slot."""
        return self.status.phase is TrialPhase.PAUSED and self.resumption is None

    @property
    def log_evidence(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Lines of the log to quote, and messages on why reports in it may be missing."""
        messages = tuple(warning.message for warning in self.completeness.warnings.values())
        return self.reports.log_samples, messages
