"""``sweepjob best``: prints the best trial's parameters."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.best_parameters import FORMATTERS
from ..render.output_formats import add_output, format_value
from ..render.table import print_message, print_output
from .arguments import add_sweep
from .errors import CommandError
from .sources import required_source


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "best",
        help="print the best trial's parameters",
        description="Print the parameters of a sweep's best trial. Formats: table for people; json and "
        "yaml with the trial, its value and its parameters; env with shell assignments of the "
        "variables that trials get; args with --NAME=VALUE for a command line.",
    )
    add_sweep(parser)
    add_output(parser, ("table", "yaml", "json", "env", "args"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = required_source(args)
    body = source.sweep(name)
    sweep = SweepView.of(body)
    if sweep.best_value is None:
        raise CommandError(f"no trial of {sweep.name} has reported {sweep.metric} yet")
    trial = TrialView.of(source.trial(sweep.best), sweep.goal)
    outputs = body["status"]["best"].get("outputs") or {}
    if warning := body["status"]["best"].get("warning"):
        print_message(f"warning: {warning}")
    text = {"table": _table, **FORMATTERS}[args.output](sweep, trial, outputs)
    print_output(text, is_data=args.output != "table")
    return 0


def _table(sweep: SweepView, trial: TrialView, outputs: Mapping[str, str]) -> str:
    lines = [f"{trial.name}   {sweep.metric} {format_value(sweep.best_value)}"]
    lines += [f"  {name} = {value}" for name, value in trial.parameters.items()]
    lines += [f"  output {name}: {folder}" for name, folder in outputs.items()]
    return "\n".join(lines)
