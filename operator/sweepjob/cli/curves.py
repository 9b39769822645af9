"""``sweepjob curves``: what all trials reported."""

from __future__ import annotations

import argparse
import json

from ..render.output_formats import add_output, cell
from ..render.sparkline import sparkline
from ..render.table import say, table, tell
from ..render.trial_rows import plain
from .arguments import add_sweep
from .trials import read

_WIDTH = 60


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "curves",
        help="show what a sweep's trials reported",
        description="A line per trial by its index. jsonl is what sweepjob replay reads, so that another "
        "policy can be tried on what was recorded; the durations of single reports are not on record.",
    )
    add_sweep(parser)
    add_output(parser, ("table", "jsonl"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    sweep, trials = read(args)
    if args.output == "jsonl":
        for trial in trials:
            say(json.dumps({"trial": trial.index, "values": plain(trial.curve.values)}))
        thinned = [trial.name for trial in trials if trial.curve.later]
        if thinned:
            tell(f"note: of long curves the first 1,000 reports are written: {', '.join(thinned)}")
        return 0
    rows = [
        [t.name, t.phase, str(t.curve.count), cell(t.best), sparkline(t.shape(), _WIDTH)]
        for t in trials
    ]
    say(table(["TRIAL", "PHASE", "REPORTS", "BEST", sweep.metric], rows))
    return 0
