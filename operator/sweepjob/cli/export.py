"""``sweepjob export``: exports all stored data of a sweep's trials."""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection

from ..read_model.ranking import front_trials
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.output_formats import Row, add_output, print_rows
from ..render.trial_rows import criteria_columns, full_trial_row, metric_rows
from .arguments import add_sweep
from .trials import read_trials


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="export all stored data of a sweep's trials",
        description="Export a row for each trial: parameters, values, times, the reason of its end, "
        "its reports, and the other metrics: in CSV their newest values, in JSON their curves.",
    )
    add_sweep(parser)
    add_output(parser, ("csv", "json"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    several = sweep.criteria.has_several_objectives
    front = {t.index for t in front_trials(trials, sweep.criteria)} if several else set()
    as_json = args.output == "json"
    rows = [
        {**_row(trial, as_json=as_json), **_criteria_columns(trial, sweep, front, as_json=as_json)}
        for trial in trials
    ]
    print_rows(rows, args.output, "sweeptrial")
    return 0


def _criteria_columns(
    trial: TrialView, sweep: SweepView, front: Collection[int], *, as_json: bool
) -> Row:
    """Return whether the trial is on the front and feasible, and its values that are compared."""
    columns = criteria_columns(trial, sweep.criteria, front)
    if not sweep.criteria.has_several_objectives:
        # What ``best`` is of: a warm start from the export compares it with its own objective.
        columns |= {"metric": sweep.metric, "goal": sweep.goal.value}
    if as_json or "results" not in columns:
        return columns
    values = columns.pop("results")
    return {**columns, **{f"results.{name}": value for name, value in values.items()}}


def _row(trial: TrialView, *, as_json: bool) -> Row:
    row = full_trial_row(trial, time.time())
    if as_json:
        # JSON has the values themselves instead of texts.
        later = [{"interval": p.interval, "value": p.value} for p in trial.curve.thinned]
        values = {"values": trial.curve.values, "later": later}
        return {**row, **values, "metrics": metric_rows(trial)}
    stop = {f"stop{key[0].upper()}{key[1:]}": value for key, value in (row["stop"] or {}).items()}
    flat = {key: value for key, value in row.items() if key not in ("stop", "tags")}
    return {
        **flat,
        "parameters": dict(trial.parameters),
        **stop,
        **{f"tags.{key}": value for key, value in row["tags"].items()},
        "values": trial.curve.values,
        # The newest value of each; JSON has their curves.
        **{f"metrics.{name}": curve.last for name, curve in trial.other_metrics.items()},
    }
