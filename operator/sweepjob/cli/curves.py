"""``sweepjob curves``: shows the reports of a sweep's trials."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from ..api.parsing.suggestions import did_you_mean
from ..read_model.trial_view import TrialView
from ..render.output_formats import add_output, format_value
from ..render.sparkline import common_scale, sparkline
from ..render.table import format_table, print_message, print_output, table_width
from ..render.trial_rows import json_value
from .arguments import add_sweep
from .errors import CommandError
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
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help="show another metric that the trials reported than the primary one",
    )
    add_output(parser, ("table", "jsonl"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    if args.metric and args.metric != sweep.metric:
        return _show_other(args, trials)
    if args.output == "jsonl":
        for trial in trials:
            line = json.dumps({"trial": trial.index, "values": json_value(trial.curve.values)})
            print_output(line, is_data=True)
        truncated = [trial.name for trial in trials if trial.curve.thinned]
        if truncated:
            print_message(
                f"note: of long curves the first 1,000 reports are written: {', '.join(truncated)}"
            )
        return 0
    scale = common_scale([trial.reported_values() for trial in trials])
    rows = [
        [
            t.name,
            t.phase,
            str(t.curve.count),
            format_value(t.best),
            sparkline(t.reported_values(), _WIDTH, scale),
        ]
        for t in trials
    ]
    limits = " to ".join(map(format_value, scale)) if scale else ""
    title = f"{sweep.metric} ({limits})" if limits else sweep.metric
    head = ["TRIAL", "PHASE", "REPORTS", "BEST", title]
    print_output(format_table(head, rows, table_width(wide=args.wide)))
    return 0


def _show_other(args: argparse.Namespace, trials: Sequence[TrialView]) -> int:
    """Show a metric besides the primary one."""
    metric = args.metric
    curves = {trial.name: trial.other_metrics for trial in trials}
    known = list(dict.fromkeys(name for metrics in curves.values() for name in metrics))
    if metric not in known:
        listed = f"there are: {', '.join(known) or 'none'}"
        raise CommandError(
            f"--metric {metric}: no trial has a curve of it{did_you_mean(metric, known)} ({listed})"
        )
    found = [(trial, c) for trial in trials if (c := curves[trial.name].get(metric))]
    if args.output == "jsonl":
        for trial, curve in found:
            intervals, values = zip(*curve.points(), strict=True)
            row = {"trial": trial.index, "metric": metric, "intervals": list(intervals)}
            print_output(json.dumps({**row, "values": json_value(list(values))}), is_data=True)
        return 0
    series = [[value for _, value in curve.points()] for _, curve in found]
    scale = common_scale(series)
    rows = [
        [t.name, t.phase, str(c.count), format_value(c.last), sparkline(values, _WIDTH, scale)]
        for (t, c), values in zip(found, series, strict=True)
    ]
    limits = f" ({format_value(scale[0])} to {format_value(scale[1])})" if scale else ""
    head = ["TRIAL", "PHASE", "REPORTS", "LAST", f"{metric}{limits}"]
    print_output(format_table(head, rows, table_width(wide=args.wide)))
    return 0
