"""``sweepjob explain``: explains the state of a trial or a sweep."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence

from ..api.criteria import Criteria
from ..api.parsing.suggestions import did_you_mean
from ..api.phases import TrialPhase
from ..api.sweeptrial.annotations import format_tags
from ..api.sweeptrial.stop_decision import StopDecision
from ..early_stopping.policies.hyperband import HyperbandPolicy
from ..early_stopping.policy import REPORTS
from ..objective import Goal
from ..pareto.dominance import Scores, dominates
from ..read_model.ranking import front_trials, outcome_of
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.formatting import format_duration, pluralize
from ..render.output_formats import add_wide, format_value
from ..render.sparkline import sparkline
from ..render.table import format_table, format_wrapped, print_output, table_width
from ..timestamps import format_time
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.pod_parsing import parse_pod
from .arguments import SWEEP, TRIAL, add_sweep_or_trial, resolve_kind
from .errors import CommandError
from .explain_sweep import explain_sweep
from .kubectl import Kubectl
from .sources import SweepSource, required_source

_WIDTH = 60
_METRIC_WIDTH = 30
_MAX_COMPARATORS = 5
_MAX_LOG_LINES = 10


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="explain the state of a sweep or a trial",
        description="Explain a trial: its parameters, its reports, its attempts, and the decision to "
        "stop it, with the policy, the interval, the value, the threshold and the compared trials. "
        "Explain a sweep: its settings, its conditions, and why its trials ended.",
    )
    add_sweep_or_trial(parser)
    add_wide(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = required_source(args)
    kind = SWEEP
    if isinstance(source, Kubectl):
        kind, name = resolve_kind(source, name)
    elif not any(body["metadata"]["name"] == name for body in source.sweeps()):
        kind = TRIAL
    if kind == SWEEP:
        body = source.sweep(name)
        views = trial_views(source.trials(name), SweepView.of(body).goal)
        print_output(
            "\n".join(explain_sweep(body, views, time.time(), table_width(wide=args.wide)))
        )
        return 0
    return _explain_trial(source, name, table_width(wide=args.wide))


def _explain_trial(source: SweepSource, name: str, width: int | None) -> int:
    body = source.trial(name)
    about = source.sweep(body["spec"]["sweep"])
    sweep = SweepView.of(about)
    trials = trial_views(source.trials(sweep.name), sweep.goal)
    trials += trial_views(source.warm_started_by(about), sweep.goal)
    trial = next((t for t in trials if t.name == name), None)
    if trial is None:
        raise CommandError(
            f"{name} is not a trial of {sweep.name}: its labels or its owner name another sweep"
        )
    lines = explain_trial(sweep, trial, trials, time.time(), width)
    if about["spec"]["trial"].get("instanceCount", 1) > 1:
        lines += pod_lines([parse_pod(pod) for pod in source.pods(name)])
    print_output("\n".join(lines))
    return 0


def pod_lines(pods: Sequence[CachedPod]) -> list[str]:
    """Return the lines that list the pods of a trial of several pods, by attempt and rank."""
    ordered = sorted(pods, key=lambda pod: (-pod.attempt, pod.view.rank, pod.created))
    rows = [
        [str(pod.attempt), str(pod.view.rank), pod.name, pod.view.node, _state(pod)]
        for pod in ordered
    ]
    if not rows:
        return ["", "It has no pods now."]
    return ["", format_table(["ATTEMPT", "RANK", "POD", "NODE", "STATE"], rows)]


def _state(pod: CachedPod) -> str:
    view = pod.view
    if view.is_terminal:
        failure = f": {view.failure.message}" if view.failure.message else ""
        return "Succeeded" if view.succeeded else f"Failed{failure}".partition("\n")[0]
    if view.deleting:
        return "Terminating"
    if view.started is not None:
        return "Running"
    waits = pod.start_blocker
    return "Pending" if waits is None else f"Pending: {waits.message}"


def explain_trial(
    sweep: SweepView,
    trial: TrialView,
    trials: Sequence[TrialView],
    now: float,
    width: int | None = None,
) -> list[str]:
    """Return the lines that explain a trial.

    Args:
        sweep: its sweep.
        trial: the trial.
        trials: all trials of the sweep, and those of its warm start.
        now: seconds since the epoch.
        width: maximum number of characters of a line of a table; None for any.
    """
    lines = [_title(trial, now)]
    lines += [f"  {name} = {value}" for name, value in trial.parameters.items()]
    lines += [f"proposed by {trial.source}"] if trial.source else []
    lines += [f"tags: {format_tags(trial.tags)}"] if trial.tags else []
    lines += [f"note: {line}" for line in trial.note.splitlines()]
    if trial.unreadable:
        lines += ["", trial.unreadable]
    lines += _curve(sweep, trial)
    lines += _results(sweep, trial, trials)
    lines += other_metric_lines(sweep, trial, width)
    stop = trial.record.stop or trial.record.pause
    if stop is not None and stop.policy:
        lines += _decision(sweep, trial, stop, trials)
    elif trial.record.message:
        lines += ["", f"{trial.record.reason}: {trial.record.message}"]
    if trial.record.incomplete_reasons:
        lines += [
            "",
            *(f"{why}: {d.message}" for why, d in trial.record.incomplete_reasons.items()),
        ]
    if trial.record.executions:
        lines += ["", *_executions(trial, width)]
    if trial.log_tails and trial.phase in (TrialPhase.FAILED, TrialPhase.CANCELED):
        lines += ["", *_log(trial)]
    return lines


def _title(trial: TrialView, now: float) -> str:
    record = trial.record
    took = trial.seconds(now)
    parts = [trial.name, trial.phase, format_duration(took) if took is not None else "not started"]
    if record.last_attempt > 1:
        parts.append(f"attempt {record.last_attempt}")
    return "   ".join(parts)


def _curve(sweep: SweepView, trial: TrialView) -> list[str]:
    curve = trial.curve
    if curve.best is None and curve.count:
        reports = pluralize(curve.count, "report")
        last = format_value(curve.last)
        return ["", f"{sweep.metric}: {reports}, none of them finite, last {last}"]
    if curve.best is None:
        others = ", ".join(trial.record.seen)
        text = (
            f"it reported {others}, but never {sweep.metric}" if others else "it reported nothing"
        )
        return ["", text]
    best = f"best {format_value(curve.best)} at interval {curve.best_interval}"
    return [
        "",
        f"{sweep.metric}: {pluralize(curve.count, 'report')}, {best}, last {format_value(curve.last)}",
        sparkline(trial.reported_values(), _WIDTH),
    ]


def _results(sweep: SweepView, trial: TrialView, trials: Sequence[TrialView]) -> list[str]:
    """Return how a trial compares by several metrics: front, constraints, missing values."""
    criteria = sweep.criteria
    if criteria.is_plain:
        return []
    outcome = outcome_of(trial, criteria)
    lines = [""]
    if criteria.has_several_objectives:
        shown = ", ".join(f"{n} {format_value(v)}" for n, v in outcome.values.items())
        lines.append(f"values that are compared, its last ones: {shown or 'none'}")
    lines += [f"not feasible: {text}" for text in criteria.violations(outcome.values)]
    if outcome.is_feasible and criteria.constraints:
        lines.append(f"feasible: {', '.join(map(str, criteria.constraints))}")
    if outcome.lacking and trial.record.phase.is_end:
        names = ", ".join(outcome.lacking)
        lines.append(f"it has no finite value of {names}, so it does not count")
    if criteria.has_several_objectives and outcome.is_feasible and outcome.complete_scores:
        lines.append(_dominance(trial, outcome.complete_scores, trials, criteria))
    return lines


def _dominance(
    trial: TrialView, scores: Scores, trials: Sequence[TrialView], criteria: Criteria
) -> str:
    if not trial.record.phase.is_end:
        return "it is compared when it has ended"
    front = front_trials(trials, criteria)
    if any(other.index == trial.index for other in front):
        return f"on the Pareto front, which has {pluralize(len(front), 'trial')}"
    above = (
        other.name
        for other in front
        if dominates(outcome_of(other, criteria).complete_scores or (), scores)
    )
    return f"not on the Pareto front: {next(above)} is at least as good in all objectives"


def other_metric_lines(sweep: SweepView, trial: TrialView, width: int | None) -> list[str]:
    """Return the lines about the metrics besides the primary one.

    Args:
        sweep: its sweep.
        trial: the trial.
        width: maximum number of characters of a line; None for any.
    """
    curves = trial.other_metrics
    rows = [
        [
            name,
            str(curve.count),
            *map(format_value, (curve.last, curve.low, curve.high)),
            sparkline([value for _, value in curve.points()], _METRIC_WIDTH),
        ]
        for name, curve in curves.items()
    ]
    head = ["METRIC", "REPORTS", "LAST", "LOWEST", "HIGHEST", ""]
    lines = ["", format_table(head, rows, width)] if rows else []
    if trial.unreadable_metrics:
        lines += ["", trial.unreadable_metrics]
    seen = [name for name in trial.record.seen if name != sweep.metric and name not in curves]
    missing = [name for name in sweep.also or () if name not in curves]
    for name in missing if trial.record.seen else []:
        lines += ["", f"{name} of metrics.also was not reported{did_you_mean(name, seen)}"]
    if seen and curves and sweep.also is None:
        lines += ["", f"without a curve: {', '.join(seen)}; name in metrics.also what to keep"]
    return lines


def _decision(
    sweep: SweepView, trial: TrialView, stop: StopDecision, trials: Sequence[TrialView]
) -> list[str]:
    budget = trial.record.budget
    unit = REPORTS if budget is None else budget.parameter
    lines = ["", stop.message]
    if stop.threshold is not None:
        lines.append(
            f"value {format_value(stop.value) or 'none'}, threshold {format_value(stop.threshold)}, "
            f"{pluralize(stop.comparators, 'other trial')} compared at {unit} {stop.interval}"
        )
    others = [
        (best, other)
        for other in trials
        if other.name != trial.name
        and (best := best_within(other, stop.interval, sweep.goal)) is not None
    ]
    others.sort(key=lambda pair: (-sweep.goal.score(pair[0]), pair[1].index))
    if others:
        rows = [[o.name, o.phase, format_value(best)] for best, o in others[:_MAX_COMPARATORS]]
        noun = REPORTS if budget is None else "budget"
        scope = " of all brackets" if stop.policy == HyperbandPolicy.name else ""
        within = "WITHIN" if budget is None else f"WITH {unit}"
        head = ["TRIAL", "PHASE", f"BEST {within} {stop.interval}"]
        lines += [
            "",
            f"best trials{scope} that have reached this {noun} by now ({len(others)}):",
        ]
        lines += [format_table(head, rows)]
    if sweep.results_read:
        lines += ["", f"trials of ConfigMap {', '.join(sweep.results_read)} are not listed"]
    return lines


def best_within(trial: TrialView, interval: int, goal: Goal) -> float | None:
    """Return the best value of a trial within its first ``interval`` reports.

    Args:
        trial: the trial.
        interval: number of reports; or the budget, where trials are run again with larger ones.
        goal: goal of the sweep.

    Returns:
        The value; None if the trial has fewer reports, or this interval is not stored.
    """
    curve, budget = trial.curve, trial.record.budget
    if budget is not None:
        return next((rung.value for rung in budget.rungs if rung.budget == interval), None)
    if curve.count < interval:
        return None
    if interval <= len(curve.values):
        score = max(map(goal.score, curve.values[:interval]), default=-math.inf)
    else:
        score = next((p.best for p in curve.thinned if p.interval == interval), -math.inf)
    return goal.reported(score) if math.isfinite(score) else None


def _log(trial: TrialView) -> list[str]:
    """Return the end of the newest log that is on record, of a trial that did not succeed."""
    tail = [*trial.log_tails.values()][-1]
    if tail.problem and not tail.text:
        return [f"its log could not be read: {tail.problem}"]
    kept = tail.text.splitlines()[-_MAX_LOG_LINES:]
    title = (
        f"lines of its log, of which the last may lack ({tail.problem}):"
        if tail.problem
        else "its last lines:"
    )
    return [title, *(f"  {line}" for line in kept)]


def _executions(trial: TrialView, width: int | None) -> list[str]:
    rows = [
        [str(e.attempt), e.pod, e.node, format_time(e.ended), f"{e.reason}: {e.message}"]
        for e in trial.record.executions
    ]
    return [format_wrapped(["ATTEMPT", "POD", "NODE", "ENDED", "WHY"], rows, width)]
