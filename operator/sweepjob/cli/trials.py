"""``sweepjob trials``: lists the trials of a sweep."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from ..read_model.ranking import front_trials, ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.output_formats import add_output, print_rows
from ..render.table import print_message
from ..render.trial_rows import Row, criteria_columns, trial_row
from .arguments import add_sweep
from .sources import required_source

COLUMNS = (
    "name",
    "phase",
    "best",
    "last",
    "front",
    "feasible",
    "results",
    "reports",
    "seconds",
    "gpuSeconds",
    "reason",
    "parameters",
)
_ORDERS: dict[str, Callable[[Sequence[TrialView]], list[TrialView]]] = {
    "index": lambda trials: sorted(trials, key=lambda t: t.index),
    "reports": lambda trials: sorted(trials, key=lambda t: (-t.curve.count, t.index)),
    "gpu": lambda trials: sorted(trials, key=lambda t: (-t.gpu_seconds_used, t.index)),
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "trials", help="list a sweep's trials", description="List the trials of a sweep."
    )
    add_sweep(parser)
    parser.add_argument(
        "--sort", choices=("best", *_ORDERS), default="best", help="order (default: best first)"
    )
    parser.add_argument("--top", type=int, metavar="N", help="list the first N trials only")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    order = _ORDERS.get(args.sort)
    ordered = ranked(trials, sweep.criteria) if order is None else order(trials)
    chosen = ordered[: args.top]
    if not chosen and args.output == "table":
        print_message(f"{sweep.name} has no trials yet")
        return 0
    rows = trial_table(sweep, trials, chosen)
    if args.output in ("json", "yaml"):  # which have the values themselves, as best and export
        rows = [
            {**row, "parameters": trial.record.assignment}
            for row, trial in zip(rows, chosen, strict=True)
        ]
    print_rows(rows, args.output, "sweeptrial", COLUMNS, wide=args.wide)
    return 0


def trial_table(
    sweep: SweepView, trials: Sequence[TrialView], chosen: Sequence[TrialView]
) -> list[Row]:
    """Return a row for each of some trials.

    Args:
        sweep: their sweep.
        trials: all trials of the sweep.
        chosen: the trials to list.
    """
    criteria, now = sweep.criteria, time.time()
    several = criteria.has_several_objectives
    front = {t.index for t in front_trials(trials, criteria)} if several else set()
    rows = []
    for trial in chosen:
        row = trial_row(trial, now)
        parameters = row.pop("parameters")
        if not criteria.is_plain:
            row = {key: row[key] for key in row if key not in ("best", "last")}
        columns = criteria_columns(trial, criteria, front)
        rows.append({**row, **columns, "parameters": parameters})
    return rows


def read_trials(args: argparse.Namespace) -> tuple[SweepView, list[TrialView]]:
    """Return the sweep of a command line and its trials, and warn of unreadable ones."""
    source, name = required_source(args)
    sweep = SweepView.of(source.sweep(name))
    trials = trial_views(source.trials(name), sweep.goal)
    for trial in trials:
        if trial.unreadable:
            print_message(f"warning: {trial.name}: {trial.unreadable}")
    return sweep, trials
