"""The end of a trial."""

from __future__ import annotations

from bisect import insort
from dataclasses import replace

from ....api.criteria import TrialValues
from ....api.meta.cause import Cause
from ....api.names import REASON_MAX_GPU_HOURS
from ....api.phases import TrialPhase
from ....lifecycle.improvement_row import EndedResult
from ....lifecycle.snapshot import RecordedBest
from ....pareto.dominance import Scores
from ..ended_trial_warnings import FailedTrial, MissingMetric, NonFiniteTrial
from ..observation_builder import add_observation
from ..trial_state import TrialState, importance
from .reports import ReportTransitions

_MOST_WARNED = 20  # ended trials for which warnings of one importance are kept


class EndTransitions(ReportTransitions):
    """Moves trials that ended into the totals of their sweep."""

    def record_end(
        self,
        trial: TrialState,
        phase: TrialPhase,
        gpu_saved: float,
        message: str = "",
        ended: float | None = None,
        values: TrialValues | None = None,
    ) -> None:
        """Move a trial whose end is recorded from the live trials into the totals.

        Args:
            trial: a live trial.
            phase: the phase that it ended in.
            gpu_saved: GPU-seconds that stopping it early saved, estimated.
            message: why it ended in that phase.
            ended: seconds since the epoch when it ended, as recorded; 0 where the record has no time.
            values: its values by metric, as recorded; those in memory by default.

        Raises:
            ValueError: the phase is not final.
        """
        if not phase.is_end:
            raise ValueError(f"{phase} is no end")
        known = self.state.values_of(trial) if values is None else values
        if not self.state.criteria.is_plain:
            self._rank(trial, phase, known, ended or self.state.started)
        self.trials.remove(trial)
        # It is counted as ended from here on, and not as about to end as well.
        self.state.slots.releasing.pop(trial.index, None)
        self.state.findings.refused_statuses.pop(trial.name, None)  # its status is written no more
        self.state.paused.remove(trial.index)
        proposals, results = self.state.proposals, self.state.results
        results.ended[phase] += 1
        self._add_to_row(trial, phase, ended or 0.0, known)
        self._add_usage(trial)
        results.gpu_saved += gpu_saved
        curve, is_complete = trial.reports.curve, trial.reports.is_complete
        if proposals.sampler.uses_observations:
            shown = phase if is_complete else TrialPhase.CANCELED
            results_of = self.state.criteria, known
            add_observation(
                proposals.ended, trial.index, trial.assignment, curve, shown, *results_of
            )
            proposals.cached.clear()
        if phase is TrialPhase.SUCCEEDED and is_complete:
            insort(results.full_lengths, curve.count)
            self.state.evaluator.add_complete(curve)
        # With a budget, an execution of a trial has succeeded before the trial has.
        has_succeeded = phase is TrialPhase.SUCCEEDED or bool(trial.rungs)
        if has_succeeded and is_complete and _has_no_report(trial):
            self.state.ended_warnings.missing_metric_message = MissingMetric(
                trial.name, trial.reports.metric_names, trial.log_evidence
            )
        self._keep_evidence(trial, phase, message)
        warning = trial.completeness.first_warning
        if warning is not None:
            self._keep_warning(trial, warning, phase)

    def _rank(
        self, trial: TrialState, phase: TrialPhase, values: TrialValues, ended: float
    ) -> None:
        """Compare a trial with those that ended before, by several metrics."""
        results, criteria = self.state.results, self.state.criteria
        before = results.standings.best
        outcome = criteria.outcome(values)
        results.standings = results.standings.with_trial(
            trial.index,
            outcome,
            trial.reports.metric_names,
            succeeded=phase is TrialPhase.SUCCEEDED,
        )
        best = results.standings.best
        if best is None or best is before or criteria.has_several_objectives:
            return
        value = best.values[criteria.primary.primary_metric]
        results.best = replace(self._best_trial(trial, value, ended), values=best.values)
        results.recorded_best = RecordedBest(trial.name, value)

    def _add_usage(self, trial: TrialState) -> None:
        results, stop, usage = self.state.results, trial.status.stop, trial.usage
        results.gpu_used += usage.total_gpu_seconds
        results.cost += usage.cost.ended
        if stop is not None and stop.reason == REASON_MAX_GPU_HOURS:
            results.gpu_uncertain += usage.gpu_count  # a second of each GPU

    def _add_to_row(
        self, trial: TrialState, phase: TrialPhase, ended: float, values: TrialValues
    ) -> None:
        reports = trial.reports
        for value in (reports.curve.best, reports.unreadable_best):
            self.record_best(trial, value)
        reason = "" if trial.status.stop is None else trial.status.stop.reason
        scores = self._scores(trial, values)
        result = EndedResult.of(ended, trial.index, scores, phase, reason)
        self.state.results.improvement_row.add(result)

    def _scores(self, trial: TrialState, values: TrialValues) -> Scores:
        """Return the scores by which an ended trial may be a new best; none if it cannot be."""
        criteria, reports = self.state.criteria, trial.reports
        if not criteria.is_plain:
            outcome = criteria.outcome(values)
            return (outcome.complete_scores or ()) if outcome.is_feasible else ()
        known = [v for v in (reports.curve.best, reports.unreadable_best) if v is not None]
        return (max(map(self._goal.score, known)),) if known else ()

    def _keep_evidence(self, trial: TrialState, phase: TrialPhase, message: str) -> None:
        """Keep an example of an unsuccessful trial, and of one whose reports were not finite.

        The trial with the lowest index is kept, so that a restarted operator keeps the same one.
        """
        kept, curve = self.state.ended_warnings, trial.reports.curve
        if phase in (TrialPhase.FAILED, TrialPhase.CANCELED):
            failed = FailedTrial(trial.index, trial.name, message)
            kept.first_failure = min(failed, kept.first_failure or failed, key=lambda t: t.index)
        elif curve.count and curve.best is None and curve.last is not None:
            found = NonFiniteTrial(trial.index, trial.name, curve.count, curve.last)
            kept.first_non_finite = min(
                found, kept.first_non_finite or found, key=lambda t: t.index
            )

    def _keep_warning(self, trial: TrialState, warning: Cause, phase: TrialPhase) -> None:
        """Keep the warning about an ended trial's reports, where its result counts."""
        best, kept = self.state.results.best, self.state.ended_warnings
        is_best = best is not None and best.trial == trial.name
        if not is_best and phase is not TrialPhase.SUCCEEDED:
            return
        kept.counts[warning.reason] += 1
        ranks = [importance(cause.reason) for cause in kept.causes.values()]
        if is_best or ranks.count(importance(warning.reason)) < _MOST_WARNED:
            kept.causes[trial.name] = warning


def _has_no_report(trial: TrialState) -> bool:
    """Return whether a trial has not reported the primary metric, with any budget."""
    return trial.reports.curve.count == 0 and all(rung.value is None for rung in trial.rungs)
