"""``sweepjob get``: sweeps in a table, or one of them as it is now, and as it goes on."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ..loading.errors import Unusable
from ..render.output_formats import FORMATS, Row, add_output, json_text, show, yaml_text
from ..render.screen import screen
from ..render.table import say, tell
from ..render.views import SweepView, trial_views
from . import live
from .arguments import add_sweep
from .kubectl import Kubectl


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "get",
        help="show sweeps, or one of them with its trials",
        description="Without a name: all sweeps of the namespace. With one: its progress, its best trial "
        "and what runs. With --watch it is shown anew at every change until the sweep has ended; the "
        "exit code is then 0 when it is complete and 1 when it has failed.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument("-A", "--all-namespaces", action="store_true")
    parser.add_argument("-w", "--watch", action="store_true")
    add_output(parser, FORMATS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cluster = Kubectl.of(args)
    if args.watch:
        if args.name is None:
            raise Unusable(
                "--watch shows one sweep: give its name. All of them: kubectl get swj -w"
            )
        return live.follow(cluster, args.name)
    if args.name is not None and args.output == "table":
        sweep = SweepView.of(cluster.sweep(args.name))
        trials = trial_views(cluster.trials(args.name), sweep.goal)
        say("\n".join(screen(sweep, trials, time.time())))
        return 0
    if args.output in ("json", "yaml"):
        say(_objects(cluster, args))
        return 0
    found = (
        [cluster.sweep(args.name)] if args.name else cluster.sweeps(everywhere=args.all_namespaces)
    )
    if not found and args.output == "table":
        tell("no sweeps found" if args.all_namespaces else cluster.explain_empty())
        return 0
    now = time.time()
    rows = [sweep_row(SweepView.of(body), now) for body in found]
    hidden = {"goal", "metric", "message"} | (set() if args.all_namespaces else {"namespace"})
    show(rows, args.output, "sweepjob", [name for name in sweep_columns() if name not in hidden])
    return 0


def _objects(cluster: Kubectl, args: argparse.Namespace) -> str:
    """The objects themselves, as kubectl gives them: one by its name, else a List."""
    data: Any
    if args.name:
        data = cluster.sweep(args.name)
    else:
        items = cluster.sweeps(everywhere=args.all_namespaces)
        data = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}
    return json_text(data) if args.output == "json" else yaml_text(data)


def sweep_row(sweep: SweepView, now: float) -> Row:
    """A sweep in a line."""
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
        sweep.used,
        sweep.saved,
        (sweep.completed or now) - sweep.created,
        sweep.goal.value,
        sweep.metric,
        "; ".join(sweep.warnings(now)),
    )
    return dict(zip(sweep_columns(), values, strict=True))


def sweep_columns() -> tuple[str, ...]:
    return (
        *("namespace", "name", "phase", "reason", "trials", "running", "stopped", "failed"),
        *("best", "bestTrial", "gpuSecondsUsed", "gpuSecondsSaved", "seconds"),
        *("goal", "metric", "message"),
    )
