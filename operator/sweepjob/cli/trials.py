"""``sweepjob trials``: lists the trials of a sweep."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, sort_by_score, trial_views
from ..render.output_formats import add_output, print_rows
from ..render.table import print_message
from ..render.trial_rows import trial_row
from .arguments import add_sweep
from .sources import required_source

COLUMNS = (
    "name",
    "phase",
    "best",
    "last",
    "reports",
    "seconds",
    "gpuSeconds",
    "reason",
    "parameters",
)
_ORDERS: dict[str, Callable[[Sequence[TrialView]], list[TrialView]]] = {
    "best": sort_by_score,
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
        "--sort", choices=tuple(_ORDERS), default="best", help="order (default: best first)"
    )
    parser.add_argument("--top", type=int, metavar="N", help="list the first N trials only")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    chosen = _ORDERS[args.sort](trials)[: args.top]
    if not chosen and args.output == "table":
        print_message(f"{sweep.name} has no trials yet")
        return 0
    rows = [trial_row(t, time.time()) for t in chosen]
    print_rows(rows, args.output, "sweeptrial", COLUMNS, wide=args.wide)
    return 0


def read_trials(args: argparse.Namespace) -> tuple[SweepView, list[TrialView]]:
    """Return the sweep of a command line and its trials, and warn of unreadable ones."""
    source, name = required_source(args)
    sweep = SweepView.of(source.sweep(name))
    trials = trial_views(source.trials(name), sweep.goal)
    for trial in trials:
        if trial.unreadable:
            print_message(f"warning: {trial.name}: {trial.unreadable}")
    return sweep, trials
