"""``sweepjob best``: prints the best trial's parameters, or the Pareto front."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ..api.parsing.suggestions import did_you_mean
from ..read_model.ranking import best_by, closest_trial, front_trials, knee_of, outcome_of
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.best_parameters import FORMATTERS, front_data
from ..render.output_formats import add_output, format_value, json_text, print_rows, yaml_text
from ..render.table import print_message, print_output
from ..render.trial_rows import front_row
from .arguments import add_sweep
from .errors import CommandError
from .sources import SweepSource, required_source


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "best",
        help="print the best trial's parameters",
        description="Print the parameters of a sweep's best trial. Formats: table for people; json and "
        "yaml with the trial, its value and its parameters; env with shell assignments of the "
        "variables that trials get; args with --NAME=VALUE for a command line. With several "
        "objectives, print all trials of the Pareto front, or one of them with --by or --knee.",
    )
    add_sweep(parser)
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--by",
        metavar="METRIC",
        help="of several objectives: print the trial of the front that is best in this one",
    )
    one.add_argument(
        "--knee",
        action="store_true",
        help="of several objectives: print the trial of the front whose values, each scaled to the "
        "range of the front, are best in sum",
    )
    add_output(parser, ("table", "yaml", "json", "env", "args"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = required_source(args)
    body = source.sweep(name)
    sweep = SweepView.of(body)
    if sweep.criteria.has_several_objectives:
        return _print_front(source, sweep, args)
    if args.by or args.knee:
        raise CommandError(
            f"{sweep.name} has one objective, {sweep.metric}; leave out --by and --knee"
        )
    if sweep.best_value is None:
        raise CommandError(_no_best(source, sweep, body.get("status") or {}))
    trial = TrialView.of(source.trial(sweep.best), sweep.goal)
    outputs = body["status"]["best"].get("outputs") or {}
    if warning := body["status"]["best"].get("warning"):
        print_message(f"warning: {warning}")
    _print_trial(sweep, trial, outputs, args)
    return 0


def _no_best(source: SweepSource, sweep: SweepView, status: Mapping[str, Any]) -> str:
    """Return why there is no best trial: the sweep has just begun, or it has ended without one."""
    end = f"; the sweep has ended ({sweep.phase})" if sweep.has_ended else ""
    yet = "" if sweep.has_ended else " yet"
    if sweep.criteria.is_plain:
        return f"no trial of {sweep.name} has reported {sweep.metric}{yet}{end}"
    counts = status.get("results") or {}
    closest = closest_trial(trial_views(source.trials(sweep.name), sweep.goal), sweep.criteria)
    if closest is None or not sweep.has_ended:
        what = f"has ended with all values and met the constraints{yet}{end}"
    else:
        what = f"is feasible{end}"
    lines = [
        f"no trial of {sweep.name} {what}",
        f"infeasible trials: {counts.get('infeasible', 0)}",
        f"trials without all values: {counts.get('incomplete', 0)}",
    ]
    if closest is not None:
        violations = sweep.criteria.violations(outcome_of(closest, sweep.criteria).values)
        lines.append(f"the closest is {closest.name}: {', '.join(violations)}")
    return "; ".join(lines)


def _print_front(source: SweepSource, sweep: SweepView, args: argparse.Namespace) -> int:
    criteria, status = sweep.criteria, source.sweep(sweep.name).get("status") or {}
    metrics = [o.primary_metric for o in criteria.objectives]
    if args.by and args.by not in metrics:
        near = did_you_mean(args.by, metrics)
        listed = ", ".join(metrics)
        raise CommandError(f"--by: {args.by} is no objective{near or ';'} known: {listed}")
    front = front_trials(trial_views(source.trials(sweep.name), sweep.goal), criteria)
    if not front:
        raise CommandError(_no_best(source, sweep, status))
    if args.by or args.knee:
        chosen = best_by(front, criteria, args.by) if args.by else knee_of(front, criteria)
        _print_trial(sweep, chosen, {}, args)
        return 0
    if args.output in ("env", "args"):
        raise CommandError(
            f"-o {args.output} prints one trial, and the front has {len(front)}; add --by METRIC "
            f"({', '.join(metrics)}) or --knee"
        )
    if args.output == "table":
        rows = [front_row(trial, criteria) for trial in front]
        print_rows(rows, "table", "sweeptrial", wide=args.wide)
        return 0
    data = front_data(sweep, front)
    print_output(json_text(data) if args.output == "json" else yaml_text(data), is_data=True)
    return 0


def _print_trial(
    sweep: SweepView, trial: TrialView, outputs: Mapping[str, str], args: argparse.Namespace
) -> None:
    text = {"table": _table, **FORMATTERS}[args.output](sweep, trial, outputs)
    print_output(text, is_data=args.output != "table")


def _table(sweep: SweepView, trial: TrialView, outputs: Mapping[str, str]) -> str:
    values = outcome_of(trial, sweep.criteria).values
    if sweep.criteria.is_plain and sweep.best_value is not None:
        values = {sweep.metric: sweep.best_value}
    shown = "   ".join(f"{name} {format_value(value)}" for name, value in values.items())
    lines = [f"{trial.name}   {shown}"]
    lines += [f"  {name} = {value}" for name, value in trial.parameters.items()]
    lines += [f"  output {name}: {folder}" for name, folder in outputs.items()]
    return "\n".join(lines)
