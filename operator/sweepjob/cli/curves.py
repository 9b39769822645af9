"""``sweepjob curves``: shows the reports of a sweep's trials."""

from __future__ import annotations

import argparse
import json

from ..render.output_formats import add_output, format_value
from ..render.sparkline import sparkline
from ..render.table import format_table, print_message, print_output
from ..render.trial_rows import json_value
from .arguments import add_sweep
from .trials import read_trials

_WIDTH = 60


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "curves",
        help="show the reports of a sweep's trials",
        description="Show the reports of a sweep's trials, one line for each trial. sweepjob replay "
        "reads the format jsonl, to try another policy on the recorded reports; durations are not "
        "recorded.",
    )
    add_sweep(parser)
    add_output(parser, ("table", "jsonl"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    if args.output == "jsonl":
        for trial in trials:
            print_output(
                json.dumps({"trial": trial.index, "values": json_value(trial.curve.values)})
            )
        truncated = [trial.name for trial in trials if trial.curve.thinned]
        if truncated:
            print_message(
                f"note: of long curves the first 1,000 reports are written: {', '.join(truncated)}"
            )
        return 0
    rows = [
        [
            t.name,
            t.phase,
            str(t.curve.count),
            format_value(t.best),
            sparkline(t.reported_values(), _WIDTH),
        ]
        for t in trials
    ]
    print_output(format_table(["TRIAL", "PHASE", "REPORTS", "BEST", sweep.metric], rows))
    return 0
