"""``sweepjob export``: everything that is on record, for a notebook or a spreadsheet."""

from __future__ import annotations

import argparse
import time

from ..render.output_formats import Row, add_output, show
from ..render.trial_rows import whole_row
from ..render.views import TrialView
from .arguments import add_sweep
from .trials import read


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="write out a sweep's trials with all that is on record",
        description="A row per trial by its index: parameters, values, times, why it ended, its curve.",
    )
    add_sweep(parser)
    add_output(parser, ("csv", "json"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    _, trials = read(args)
    show(
        [_row(trial, as_json=args.output == "json") for trial in trials], args.output, "sweeptrial"
    )
    return 0


def _row(trial: TrialView, *, as_json: bool) -> Row:
    row = whole_row(trial, time.time())
    if as_json:
        # The values themselves, not their texts.
        later = [{"interval": p.interval, "value": p.value} for p in trial.curve.later]
        return {**row, "values": trial.curve.values, "later": later}
    stop = {f"stop{key[0].upper()}{key[1:]}": value for key, value in (row["stop"] or {}).items()}
    flat = {key: value for key, value in row.items() if key != "stop"}
    return {
        **flat,
        "parameters": dict(trial.parameters),
        **stop,
        "values": trial.curve.values,
    }
