"""``sweepjob best``: the best trial's parameters, ready for the next command."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..loading.errors import Unusable
from ..render.best_parameters import FORMS
from ..render.output_formats import add_output, cell
from ..render.table import say, tell
from ..render.views import SweepView, TrialView
from .arguments import add_sweep
from .kubectl import Kubectl


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "best",
        help="print the best trial's parameters",
        description="table: for people. json, yaml: trial, value, parameters. env: lines for a shell, "
        "with the variables that a trial finds. args: --NAME=VALUE, ready for a command line.",
    )
    add_sweep(parser)
    add_output(parser, ("table", "yaml", "json", "env", "args"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cluster = Kubectl.of(args)
    body = cluster.sweep(args.name)
    sweep = SweepView.of(body)
    if sweep.best_value is None:
        raise Unusable(f"no trial of {sweep.name} has reported {sweep.metric} yet")
    trial = TrialView.of(cluster.trial(sweep.best), sweep.goal)
    outputs = body["status"]["best"].get("outputs") or {}
    if warning := body["status"]["best"].get("warning"):
        tell(f"warning: {warning}")
    say({"table": _table, **FORMS}[args.output](sweep, trial, outputs))
    return 0


def _table(sweep: SweepView, trial: TrialView, outputs: Mapping[str, str]) -> str:
    lines = [f"{trial.name}   {sweep.metric} {cell(sweep.best_value)}"]
    lines += [f"  {name} = {value}" for name, value in trial.parameters.items()]
    lines += [f"  output {name}: {folder}" for name, folder in outputs.items()]
    return "\n".join(lines)
