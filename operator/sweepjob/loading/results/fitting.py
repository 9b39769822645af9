"""Makes results fit into a sweep: the trials that count, and what is said of the differences."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

from ...api.phases import TrialPhase
from ...api.spec.sweep_spec import SweepSpec
from ...api.sweeptrial.source_trial import SourceTrial
from ...api.sweeptrial.stored_curve import StoredCurve
from ...search.space import Choice, Space
from ...search.warm_start import Differences, Fit, fit, parameter_names
from .parse import parse_results
from .result import Result, ResultsError, ResultTable, Wanted

# Trials times distributions and values of the search space: some tenths of a second.
_MOST_COMPARISONS = 400_000


def wanted_by(spec: SweepSpec) -> Wanted:
    """Return the metrics and parameters that a sweep needs of results."""
    criteria = spec.criteria
    names = parameter_names(spec.space)
    objectives = len(criteria.objectives)
    return Wanted(frozenset(names), criteria.metrics, objectives, spec.objective.goal)


def read_trials(text: str, spec: SweepSpec) -> tuple[tuple[SourceTrial, ...], Differences]:
    """Return the trials of a text with results that count for a sweep, and what differs.

    Args:
        text: the text, of anybody.
        spec: the sweep.

    Raises:
        ResultsError: it cannot be read, or none of its trials counts.
    """
    return fit_results(parse_results(text, wanted_by(spec)), spec)


def fit_results(table: ResultTable, spec: SweepSpec) -> tuple[tuple[SourceTrial, ...], Differences]:
    """Return the results that count for a sweep, and what differs.

    Args:
        table: the results.
        spec: the sweep.

    Raises:
        ResultsError: none counts.
    """
    _check_size(len(table.results), spec.space)
    differences = Differences(unused=table.unused, note=table.note)
    trials = []
    for result in table.results:
        fitted = fit(spec.space, result.parameters, spec.warm_start.defaults)
        if why := _left_out(result, fitted, spec):
            differences.left_out[why] += 1
        else:
            differences.add(fitted)
            trials.append(_trial(result, fitted, spec))
    if not trials:
        raise ResultsError(f"has no trial that counts ({table.kind}): {differences}")
    if spec.sampler.uses_observations and not any(trial.is_inside for trial in trials):
        raise ResultsError(
            f"none of its trials lies in this searchSpace: {differences}; widen the ranges, or remove it"
        )
    return tuple(trials), differences


def _check_size(count: int, space: Space) -> None:
    breadth = sum(
        len(expression.values) if isinstance(expression, Choice) else 1
        for _, expression in space.expressions()
    )
    most = _MOST_COMPARISONS // max(breadth, 1)
    if count > most:
        raise ResultsError(
            f"has {count} trials, too many for a searchSpace with {breadth} distributions and values of "
            f"choices; give at most {most}"
        )


def _left_out(result: Result, fitted: Fit, spec: SweepSpec) -> str:
    """Return why a result does not count; empty if it does."""
    if not result.phase.is_end:
        return "that had not ended"
    if not fitted.shared:
        return "without a parameter of searchSpace"
    if result.phase is TrialPhase.FAILED:
        return "that failed before they had all parameters" if fitted.filled else ""
    for objective in spec.criteria.objectives:
        if objective.primary_metric not in result.values:
            return f"without a finite value of {objective.primary_metric}"
    return ""


def _trial(result: Result, fitted: Fit, spec: SweepSpec) -> SourceTrial:
    value = result.values.get(spec.objective.primary_metric)
    curve = StoredCurve(carried=value, last=value)
    if result.reports:
        reports = array("d", result.reports)
        curve = StoredCurve(reports=len(reports), values=reports, last=reports[-1])
    values: Mapping[str, float] = result.values
    return SourceTrial(
        *(fitted.assignment, result.phase, curve, values),
        is_inside=not fitted.outside,
        has_reports=bool(result.reports),
    )
