"""Reports of a trial, and the decision that they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ....api.names import (
    REASON_CHECKPOINT_NOT_USED,
    REASON_LOG_UNREADABLE,
    REASON_REPORTS_LOST,
)
from ....api.sweeptrial.incomplete_reports import IncompleteReason
from ....api.sweeptrial.stop_decision import StopDecision
from ....api.sweeptrial.trial_budget import with_rung
from ....log_parsing.position import LogPosition
from ....protocol import MetricCurve
from ..trial_state import (
    PendingStop,
    ReportCompleteness,
    TrialState,
)
from .completeness import NOTICE_REASONS, CompletenessTransitions
from .precondition import require

_UNSEEN_END = (
    "its pod ended while the operator was away, and the trial goes on from its checkpoint: reports after "
    "number {} may be missing, so that later ones have lower numbers than they should."
)

_BEGAN_AGAIN = (
    "a pod of attempt {attempt} was to go on from the trial's checkpoint, but its reports begin at step "
    "{step}: those of the trial began at step {first} and had come to step {known}. Reports up to step "
    "{known} do not count again{others}. If the script did not load its newest checkpoint, the time for "
    "these steps is spent again: let it load what it saved in the folder SWEEPJOB_CHECKPOINT where "
    "SWEEPJOB_RESUMED is set, and save early enough. If it did, and counts steps from the beginning "
    "again, reports of new steps are left out: let it count on from the saved step, with Keras by "
    "initial_epoch"
)
_FIRST_REPORTS = 2  # of an execution, of which the first may have step 0, which counts as none


class ReportTransitions(CompletenessTransitions):
    """The curve of a trial, its metric names, and a decision that is not recorded yet."""

    def switch_pod(
        self,
        trial: TrialState,
        pod: str,
        now: float,
        *,
        continues: bool = False,
        has_summary: bool = True,
    ) -> None:
        """Switch to another pod, whose sidecar numbers its reports from 1.

        Args:
            trial: a live trial.
            pod: uid of the pod.
            now: seconds since the epoch.
            continues: it goes on from a checkpoint, and so does the curve. Otherwise the curve begins
                anew, and the best value so far is kept.
            has_summary: its sidecar sends the last reports when the pod ends.
        """
        had_pod, reports = bool(trial.reports.pod), trial.reports
        curve, steps = reports.curve, reports.steps.resumed() if continues else reports.steps
        is_kept = continues and reports.is_complete
        if had_pod and not is_kept:
            curve = curve.restarted(reports.unreadable_best)
        # What was missing from a curve that no longer counts.
        void = {*NOTICE_REASONS}
        if trial.completeness.log_unreadable:
            void.add(REASON_LOG_UNREADABLE)
        kept = {why: w for why, w in trial.completeness.warnings.items() if why not in void}
        ran = trial.status.started is not None and any(e.pod for e in trial.status.executions)
        had_any = had_pod or ran
        if had_any and is_kept and not reports.is_final and has_summary:
            kept[REASON_REPORTS_LOST] = IncompleteReason(_UNSEEN_END.format(curve.count), now)
        trial.completeness = ReportCompleteness(kept)
        trial.writes = replace(trial.writes, reports=0)
        trial.reports = replace(
            trial.reports,
            curve=curve,
            pod=pod,
            log_position=LogPosition(),
            log_samples=(),
            other_metrics=trial.reports.other_metrics.restarted(),
            received=0,
            steps=steps,
            is_final=False,
            results=reports.results if is_kept else {},
        )

    def append_report(
        self, trial: TrialState, value: float, now: float, step: int | None = None
    ) -> None:
        """Append a report of the primary metric to the curve.

        Args:
            trial: a live trial.
            value: the reported value; may be infinite or NaN.
            now: seconds since the epoch.
            step: its step, in a sweep whose trials go on from checkpoints; None where it has none.
        """
        reports = trial.reports
        reports.curve.append(value)
        first = now if reports.curve.count == 1 else reports.first_at
        trial.reports = replace(
            reports,
            other_metrics_since=None,
            is_complete=True,
            first_at=first,
            received=reports.received + 1,
            steps=reports.steps.counted(step, reports.curve.count - 1),
        )
        self.mark_pending(trial, now)

    def skip_report(self, trial: TrialState, now: float, step: int | None) -> None:
        """Skip a report that an earlier execution of the trial has made, and that was counted then.

        Args:
            trial: a live trial.
            now: seconds since the epoch.
            step: the step of the report.
        """
        before, known = trial.reports.received, trial.completeness.warnings
        is_beginning = before < _FIRST_REPORTS and REASON_CHECKPOINT_NOT_USED not in known
        if is_beginning and trial.reports.steps.begins_again(step):
            self._note_new_beginning(trial, step, before, now)
        trial.reports = replace(trial.reports, received=before + 1)
        self.mark_pending(trial, now)

    def _note_new_beginning(
        self, trial: TrialState, step: int | None, before: int, now: float
    ) -> None:
        """Note that an execution begins again, after so many reports without a step."""
        others = (
            "; the report without a step before it does, so count steps from 1" if before else ""
        )
        message = _BEGAN_AGAIN.format(
            attempt=trial.status.attempt,
            step=step,
            first=trial.reports.steps.first,
            known=trial.reports.steps.known,
            others=others,
        )
        warnings = {
            **trial.completeness.warnings,
            REASON_CHECKPOINT_NOT_USED: IncompleteReason(message, now),
        }
        self._set_warnings(trial, warnings, now)

    def finish_reports(self, trial: TrialState, now: float) -> None:
        """Note that the end of the pod was seen, and that all of its reports are in the curve.

        Args:
            trial: a live trial.
            now: seconds since the epoch.
        """
        if not trial.reports.is_final:
            trial.reports = replace(trial.reports, is_final=True)
            self.mark_pending(trial, now)

    def complete_curve(self, trial: TrialState, count: int, best: float | None) -> None:
        """Complete the curve by the sidecar's summary, which may count more reports than have arrived.

        Args:
            trial: a live trial.
            count: how many reports the pod made.
            best: a better value than those that arrived; None when there is none.
        """
        curve, received = trial.reports.curve, trial.reports.received
        if best is not None:
            curve.best = best
        if count > received:
            curve.count += count - received
            trial.reports = replace(trial.reports, received=count)

    def note_metric_names(self, trial: TrialState, seen: tuple[str, ...], now: float) -> None:
        """Note the names of all metrics that the trial reported. An older message has a shorter list.

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

    def replace_other_metrics(
        self, trial: TrialState, curves: Iterable[MetricCurve], now: float
    ) -> None:
        """Replace the curves of metrics besides the primary one. They decide nothing.

        Args:
            trial: a live trial.
            curves: the curves that have changed.
            now: seconds since the epoch.
        """
        if trial.reports.other_metrics.replace(curves):
            self.mark_pending(trial, now)

    def append_other_metric(self, trial: TrialState, name: str, value: float, now: float) -> bool:
        """Append a report of a metric besides the primary one; return whether it is kept.

        Args:
            trial: a live trial.
            name: the name of the metric.
            value: the reported value.
            now: seconds since the epoch.
        """
        is_kept = trial.reports.other_metrics.append(name, value)
        if is_kept:
            self.mark_pending(trial, now)
        return is_kept

    def note_results(self, trial: TrialState, results: Mapping[str, float], now: float) -> None:
        """Note the last values of metrics besides the primary one that are results of the trial.

        Args:
            trial: a live trial.
            results: values by metric.
            now: seconds since the epoch.
        """
        known = trial.reports.results
        # As text, since NaN is not equal to itself.
        if any(repr(known.get(name)) != repr(value) for name, value in results.items()):
            trial.reports = replace(trial.reports, results={**known, **results})
            self.mark_pending(trial, now)

    def note_log_position(self, trial: TrialState, position: LogPosition) -> None:
        """Note where in the log the newest report of a metric that is kept is."""
        trial.reports = replace(trial.reports, log_position=position)

    def set_pending_stop(self, trial: TrialState, decision: StopDecision, now: float) -> None:
        """Keep the policy's decision to stop or to pause the trial until it is recorded.

        Args:
            trial: a live trial.
            decision: the policy's decision.
            now: seconds since the epoch.

        Raises:
            ValueError: there is a decision.
        """
        undecided = trial.pending_stop is None and trial.status.stop is None
        require(undecided, f"{trial.name} has a decision")
        trial.pending_stop = PendingStop(decision, now)

    def note_rung(self, trial: TrialState, pause: StopDecision) -> None:
        """Note that an execution has succeeded with less than the largest budget.

        Args:
            trial: a live trial.
            pause: the policy's decision about it, which is recorded.
        """
        trial.rungs, trial.launched_budget = with_rung(trial.rungs, pause), None

    def withdraw_pending_stop(self, trial: TrialState) -> None:
        """Withdraw an unrecorded decision to stop the trial, since its pod ended on its own.

        A decision to pause it stays: if another attempt follows, that one does not repeat the report.
        """
        pending = trial.pending_stop
        if trial.status.stop is None and pending is not None and not pending.decision.pauses:
            trial.pending_stop = None
