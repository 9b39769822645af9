"""``sweepjob get``: shows sweeps in a table, or one sweep with its trials."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ..read_model.sweep_view import SweepView
from ..render.output_formats import FORMATS, Row, add_output, json_text, print_rows, yaml_text
from ..render.table import print_message, print_output
from .arguments import add_sweep
from .errors import CommandError
from .sources import SweepSource, open_source


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "get",
        help="show sweeps, or one sweep with its trials",
        description="Show all sweeps of the namespace, or the progress, the best trial and the running "
        "trials of one sweep. With --watch, update the display at each change until the sweep has "
        "ended; the exit code is then 0 if the sweep is complete and 1 if it has failed.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="show sweeps of all namespaces"
    )
    parser.add_argument(
        "-w", "--watch", action="store_true", help="watch the sweep until it has ended"
    )
    add_output(parser, FORMATS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = open_source(args)
    if args.watch:
        if name is None:
            raise CommandError(
                "--watch shows one sweep: give its name. All of them: kubectl get swj -w"
            )
        from . import live  # slow to import, like the trials' curves below

        return live.follow(source, name)
    if name is not None and args.output == "table":
        from ..read_model.trial_view import trial_views
        from ..render.screen import sweep_screen

        body, trials = source.sweep_and_trials(name)
        sweep = SweepView.of(body)
        views = trial_views(trials, sweep.goal)
        print_output("\n".join(sweep_screen(sweep, views, time.time(), wide=args.wide)))
        return 0
    if args.output in ("json", "yaml"):
        print_output(_objects(source, name, args), is_data=True)
        return 0
    found = [source.sweep(name)] if name else source.sweeps(all_namespaces=args.all_namespaces)
    if not found and args.output == "table":
        print_message("no sweeps found" if args.all_namespaces else source.empty_message())
        return 0
    now = time.time()
    rows = [sweep_row(SweepView.of_listed(body), now) for body in found]
    hidden = {"goal", "metric", "message"} | (set() if args.all_namespaces else {"namespace"})
    if all(row["front"] is None for row in rows):
        hidden.add("front")
    columns = [name for name in sweep_columns() if name not in hidden]
    print_rows(rows, args.output, "sweepjob", columns, wide=args.wide)
    return 0


def _objects(source: SweepSource, name: str | None, args: argparse.Namespace) -> str:
    """Return the objects as kubectl does: one object for a name, otherwise a List."""
    data: Any
    if name:
        data = source.sweep(name)
    else:
        items = source.sweeps(all_namespaces=args.all_namespaces)
        data = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}
    return json_text(data) if args.output == "json" else yaml_text(data)


def sweep_row(sweep: SweepView, now: float) -> Row:
    """Return the row of a sweep.

    Args:
        sweep: the sweep.
        now: seconds since the epoch.
    """
    values = (
        sweep.namespace,
        sweep.name,
        sweep.phase,
        sweep.reason(now),
        f"{sweep.ended}/{sweep.total}",
        sweep.counts.get("running", 0),
        sweep.counts.get("earlyStopped", 0),
        sweep.counts.get("failed", 0),
        sweep.best_value,
        sweep.best,
        sweep.front_size,
        sweep.gpu_seconds_used,
        sweep.gpu_seconds_saved,
        (sweep.completed or now) - sweep.created,
        sweep.goal.value,
        sweep.metric,
        "; ".join(sweep.warnings(now)),
    )
    return dict(zip(sweep_columns(), values, strict=True))


def sweep_columns() -> tuple[str, ...]:
    """Return the columns of ``sweep_row``, in its order."""
    return (
        *("namespace", "name", "phase", "reason", "trials", "running", "stopped", "failed"),
        *("best", "bestTrial", "front", "gpuSecondsUsed", "gpuSecondsSaved", "seconds"),
        *("goal", "metric", "message"),
    )
