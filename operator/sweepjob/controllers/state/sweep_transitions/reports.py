"""Reports of trials: curve, ranking, decision, best trial."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from .... import protocol
from ....api.spec.outputs import trial_folder
from ....api.status import BestTrial
from ....early_stopping.policies.registry import POLICIES
from ....early_stopping.policy import Decision
from ....lifecycle.snapshot import RecordedBest
from ....log_parsing.position import LogPosition
from ....objective import Goal
from ....trial_pods.lost_reports import summary_gap_notice
from ...time_limit import TimeLimitExceeded, call_within
from ..sweep_state import stop_of
from ..trial_state import TrialState
from .base import SweepTransitions

_log = logging.getLogger(__name__)
_PLUGIN_LIMIT = 1.0  # seconds that a plug-in's policy may take for a decision; the event loop waits


class ReportTransitions(SweepTransitions):
    """Ingests reports, and applies the policy to each."""

    def switch_pod(self, trial: TrialState, pod: str, now: float) -> None:
        """Switch to another pod of a trial.

        The policy compares its reports afresh, unless the trial goes on from a checkpoint.

        Args:
            trial: a live trial.
            pod: uid of the pod.
            now: seconds since the epoch.
        """
        continues = self.state.spec.trial.checkpoint is not None
        is_ranked = self.state.spec.budget_policy is None  # by reports
        is_kept = continues and trial.reports.is_complete
        if trial.reports.curve.count and is_ranked and not is_kept:
            self.state.evaluator.remove_trial(trial.index)
        has_summary = self.state.spec.metrics.source != protocol.LOGS
        self.trials.switch_pod(trial, pod, now, continues=continues, has_summary=has_summary)

    def ingest_push(self, trial: TrialState, push: protocol.Push, now: float) -> bool:
        """Ingest the reports that a sidecar sent.

        Those that are known already are skipped, and those after a gap are left out: the reply names the
        report that is expected next.

        Args:
            trial: a live trial.
            push: a push from the trial's current pod.
            now: seconds since the epoch.

        Returns:
            Whether the trial is to be recorded at once: see ``_is_urgent``.
        """
        self.trials.note_metric_names(trial, push.metric_names, now)
        if trial.status.stop is None:  # a trial that is killed may leave a file half written
            loss = trial.completeness.loss
            self.trials.note_completeness(trial, push.notices, loss, now)
        self.trials.replace_other_metrics(trial, push.curves, now)
        self._note_results(trial, push.results, now)
        known = trial.reports.received + 1 - push.first
        if known < 0:
            return False
        for value, step in list(push.reports())[known:]:
            self._ingest_report(trial, value, now, step)
        return self._is_urgent(trial)

    def ingest_log_line(
        self,
        trial: TrialState,
        found: Iterable[tuple[str, float]],
        position: LogPosition,
        now: float,
    ) -> bool:
        """Ingest the metrics in one line of a log.

        Args:
            trial: a live trial.
            found: names and values.
            position: the position after the line.
            now: seconds since the epoch.

        Returns:
            Whether the trial is to be recorded at once: see ``_is_urgent``.
        """
        metric = self.state.spec.objective.primary_metric
        for name, value in found:
            shown, known = name[: protocol.MAX_NAME], trial.reports.metric_names
            if shown not in known and len(known) < protocol.MAX_NAMES:
                self.trials.note_metric_names(trial, (*known, shown), now)
            if name == metric:
                self.trials.note_log_position(trial, position)
                self._ingest_report(trial, value, now)
                continue
            is_result = name in self.state.criteria.result_metrics
            if is_result:
                self._note_values(trial, {name: value}, now)
            if self.trials.append_other_metric(trial, name, value, now) or is_result:
                self.trials.note_log_position(trial, position)
        return self._is_urgent(trial)

    def _note_results(self, trial: TrialState, results: protocol.Results, now: float) -> None:
        named = zip(self.state.criteria.result_metrics, results, strict=False)
        self._note_values(trial, {n: v for n, v in named if v is not None}, now)

    def _note_values(self, trial: TrialState, values: Mapping[str, float], now: float) -> None:
        was_compared = not self.state.stopping_violation(trial)
        self.trials.note_results(trial, values, now)
        self._leave_out(trial, was_compared=was_compared)

    def _leave_out(self, trial: TrialState, *, was_compared: bool) -> bool:
        """Return whether the policy leaves a trial out, since a constraint stops it.

        A trial that cannot be the best one must not be what others are compared with.
        """
        is_left_out = bool(self.state.stopping_violation(trial))
        if is_left_out and was_compared and trial.reports.curve.count:
            self.state.evaluator.remove_trial(trial.index)
        return is_left_out

    def _is_urgent(self, trial: TrialState) -> bool:
        """Return whether a decision to stop the trial is to be recorded, or a value that limits count."""
        if trial.status.stop is not None:
            return False
        state = self.state
        is_stopped = trial.pending_stop is not None or state.stopping_violation(trial)
        return bool(is_stopped) or state.is_best_urgent(trial)

    def _ingest_report(
        self, trial: TrialState, value: float, now: float, step: int | None = None
    ) -> None:
        """Ingest one report: curve, ranking, decision, best trial. The cost is a bisection."""
        if trial.reports.steps.is_repeated(step):
            self.trials.skip_report(trial, now, step)
            return
        continues = self.state.spec.trial.checkpoint is not None
        was_compared = not self.state.stopping_violation(trial)
        self.trials.append_report(trial, value, now, step if continues else None)
        curve = trial.reports.curve
        left_out = self._leave_out(trial, was_compared=was_compared)
        decision = None if left_out else self._evaluate_policy(trial)
        undecided = trial.pending_stop is None and trial.status.stop is None
        if decision is not None and undecided and self._is_in_force(trial, decision):
            self.trials.set_pending_stop(trial, stop_of(decision), now)
        if undecided and self.state.criteria.is_plain:
            self.state.results.improvement_row.note_running(curve.score)
        if curve.best_interval == curve.count:
            self._compare_with_best(trial, curve.best, now)

    def _is_in_force(self, trial: TrialState, decision: Decision) -> bool:
        """Return whether a decision ends what runs of the trial.

        No policy pauses a trial that a person wants to run, or that has reached the target: that one runs
        to its end, so that its model is complete.
        """
        if decision.stop or not decision.pause:
            return decision.stop
        spec, best = self.state.spec, trial.reports.curve.best
        reached = spec.limits.is_target_reached(best, spec.objective.goal)
        return (
            spec.trial.checkpoint is not None and trial.desired.paused is not False and not reached
        )

    def _evaluate_policy(self, trial: TrialState) -> Decision | None:
        """Return the policy's decision; None when it does not apply to this report.

        A policy of another distribution that raises stops no trial, and the sweep's status says so:
        reports are ingested whatever its code does. One that does not return is not asked again.
        """
        state = self.state
        if state.spec.budget_policy is not None:  # applied when an execution ends
            return None
        name, curve = state.spec.policy.name, trial.reports.curve
        distribution = POLICIES.distribution_of(name)
        if not distribution:
            return state.evaluator.evaluate(trial.index, curve)
        if state.findings.policy_hangs:
            return None
        try:
            return call_within(_PLUGIN_LIMIT, state.evaluator.evaluate, trial.index, curve)
        except Exception as error:  # noqa: BLE001 - whatever another's code raises
            state.findings.policy_hangs = isinstance(error, TimeLimitExceeded)
            if not state.findings.policy_failure:
                message = (
                    f"policy {name} of {distribution} failed and stops no trial: {error!r:.1000}"
                )
                state.findings.policy_failure = message
                _log.error("sweep %s/%s: %s", state.namespace, state.name, message)
            return None

    def ingest_summary(
        self,
        trial: TrialState,
        summary: protocol.Summary,
        now: float,
        *,
        is_interrupted: bool = False,
    ) -> None:
        """Ingest the reports in the sidecar's termination message that have not arrived before.

        Args:
            trial: a live trial whose pod has ended.
            summary: the summary of that pod.
            now: seconds since the epoch.
            is_interrupted: somebody else ended the pod, so that a decision is still to be carried out.
        """
        self.trials.note_metric_names(trial, summary.metric_names, now)
        self._note_results(trial, summary.results, now)
        curve = trial.reports.curve
        lacking = summary.count - trial.reports.received
        missing = summary.reports()[-lacking:] if lacking > 0 else ()
        gap = lacking - len(missing)
        if trial.status.stop is None:
            loss = summary_gap_notice(gap) if gap > 0 else trial.completeness.loss
            self.trials.note_completeness(trial, summary.notices, loss, now)
        for value, step in missing:
            self._ingest_report(trial, value, now, step)
        if self.state.spec.trial.checkpoint is not None and gap <= 0:
            self.trials.finish_reports(trial, now)
        if not is_interrupted:
            self.trials.withdraw_pending_stop(trial)
        best = summary.high if self._goal is Goal.MAXIMIZE else summary.low
        is_better = best is not None and self._goal.score(best) > curve.score
        self.trials.complete_curve(trial, summary.count, best if is_better else None)
        if is_better:
            self._compare_with_best(trial, best, now)

    def record_best(self, trial: TrialState, value: float | None) -> None:
        """Note the best value that the record of a trial has: limits of the sweep depend on it.

        With constraints, or several objectives, a trial counts when it has ended; see ``record_end``.

        Args:
            trial: a live trial, or one that has just ended.
            value: the value; None where the record has none.
        """
        if value is None or not self.state.criteria.is_plain:
            return
        known, score = self.state.results.recorded_best, self._goal.score
        if known is None or score(value) > score(known.value):
            self.state.results.recorded_best = RecordedBest(trial.name, value)

    def _compare_with_best(self, trial: TrialState, value: float | None, now: float) -> None:
        """Make a trial the sweep's best if a value that it reached is better."""
        state, results = self.state, self.state.results
        if value is None or not state.criteria.is_plain:  # then trials are compared when they end
            return
        rank = (self._goal.score(value), -trial.index)
        if results.best_rank is None or rank > results.best_rank:
            results.best_rank = rank
            results.best = self._best_trial(trial, value, now)

    def _best_trial(self, trial: TrialState, value: float, now: float) -> BestTrial:
        state = self.state
        folder = trial_folder(state.name, state.identity.uid, trial.name)
        outputs = {output.name: output.folder(folder) for output in state.spec.outputs}
        assignment = state.assignment_of(trial, value)
        return BestTrial(trial.name, value, assignment, now, outputs)
