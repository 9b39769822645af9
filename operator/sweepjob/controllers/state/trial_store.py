"""The live trials of a sweep, and every change of their state.

Nothing else assigns to a field of ``TrialState``; other modules only read it. Each method here, and in
``trial_transitions``, is one transition. It raises ``ValueError`` when its precondition does not hold,
which is an error of the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ...api.names import REASON_LOG_UNREADABLE
from ...api.phases import TrialPhase
from ...api.sweeptrial.curve_encoding import load_curve
from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.curve import Curve
from ...early_stopping.curve_steps import CurveSteps
from ...log_parsing.position import LogPosition
from ...protocol import MetricCurves
from .trial_state import (
    ObservedWorkload,
    RecordedStatus,
    ReportCompleteness,
    Reports,
    StatusWrites,
    TrialState,
)
from .trial_transitions.precondition import require
from .trial_transitions.reports import ReportTransitions
from .trial_transitions.requests import RequestTransitions
from .trial_transitions.workload import WorkloadTransitions
from .trial_usage import LiveUsage, PodUsage, TrialUsage


class TrialStore(RequestTransitions, WorkloadTransitions, ReportTransitions):
    """Trials that have not ended, of one sweep.

    Attributes:
        live: the trials by index, for reading.
        usage: what they use, for reading.
    """

    def __init__(self) -> None:
        self._live: dict[int, TrialState] = {}
        self.live: Mapping[int, TrialState] = self._live
        self.usage = LiveUsage()

    def add(
        self, record: TrialRecord, empty: Curve, other_metrics: MetricCurves | None = None
    ) -> TrialState:
        """Add a trial from its SweepTrial.

        Args:
            record: the SweepTrial.
            empty: a curve without reports, as the sweep's policy needs it.
            other_metrics: no curves, of the metrics that the sweep keeps; the first ones by default.

        Raises:
            ValueError: the index is taken.
        """
        require(record.index not in self._live, f"trial {record.index} is live already")
        trial = load_trial(record, empty, other_metrics)
        self._live[record.index] = trial
        self.usage.replace(TrialUsage(), trial.usage)
        return trial

    def remove(self, trial: TrialState) -> None:
        """Forget a trial whose end is recorded."""
        if self._live.pop(trial.index, None) is not None:
            self.usage.replace(trial.usage, TrialUsage())


def load_trial(
    record: TrialRecord, empty: Curve, other_metrics: MetricCurves | None = None
) -> TrialState:
    """Return a trial in the state that its SweepTrial records.

    Args:
        record: the SweepTrial.
        empty: a curve without reports.
        other_metrics: no curves, of the metrics that the sweep keeps; the first ones by default.
    """
    kept = record.curve
    if not kept.is_whole and not record.phase.is_end:
        kept = kept.unreported()  # its sidecar, or its log, has all of them
    curve = load_curve(kept, empty)
    others = MetricCurves() if other_metrics is None else other_metrics
    if kept.is_whole:
        others.replace(metric.copy() for metric in record.other_metrics)
    return TrialState(
        name=record.name,
        uid=record.uid,
        index=record.index,
        assignment=record.assignment,
        rungs=() if record.budget is None else record.budget.rungs,
        launched_budget=_launched_budget(record),
        status=_recorded_status(record),
        reports=Reports(
            curve=curve,
            pod=kept.pod,
            metric_names=record.seen,
            is_complete=kept.is_whole,
            unreadable_best=None if record.curve.is_whole else record.curve.best,
            log_position=LogPosition(kept.log_time, kept.log_lines),
            log_samples=record.log_samples,
            other_metrics=others,
            received=curve.count if kept.received is None else kept.received,
            steps=CurveSteps(kept.step, kept.known_step, kept.first_step),
            is_final=kept.is_final,
            results=record.values,
        ),
        writes=StatusWrites(reports=curve.count if kept.received is None else kept.received),
        completeness=ReportCompleteness(
            dict(record.incomplete_reasons),
            log_unreadable=REASON_LOG_UNREADABLE in record.incomplete_reasons,
        ),
        workload=ObservedWorkload(pods=record.pods),
        desired=record.desired,
        usage=_recorded_usage(record),
    )


def _launched_budget(record: TrialRecord) -> int | None:
    """Return the budget of the execution that runs, or was the last one; None where none of them is."""
    is_over = record.phase is TrialPhase.PAUSED or (record.stop is not None and record.stop.pauses)
    was_launched = record.job_created or record.phase.is_end
    return record.budget.current if record.budget and was_launched and not is_over else None


def _recorded_usage(record: TrialRecord) -> TrialUsage:
    """Return what the trial has used; a pod that is seen again replaces what is recorded of it."""
    holding = record.held if record.stop is not None and not record.phase.is_end else ()
    gpus = max([record.gpus, *(sum(held.gpus.values()) for held in holding)])
    by_pod = {h.pod: PodUsage(h.gpus, h.rate, h.since, h.until) for h in holding}
    return TrialUsage(gpus, Counter(record.gpu_used), record.cost, by_pod)


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
        pause=record.pause,
        ran=record.ran,
    )
