"""``sweepjob cost``: shows the GPU-hours that sweeps used and saved."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ..api.phases import TrialPhase
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.output_formats import FORMATS, add_output, print_rows
from .arguments import add_sweep
from .sources import open_source
from .trials import read_trials

_OPTIONAL = ("cost", "maxGpuHours", "maxCost")
_FORMATS = tuple(f for f in FORMATS if f != "name")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "cost",
        help="show GPU-hours used and saved",
        description="Show the GPU-hours of all sweeps of the namespace, or of one sweep by the phase "
        "of its trials, and what they cost where the sweep or the operator has prices. Hours saved by "
        "early stops are an estimate: the missing reports at each trial's own pace.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="show sweeps of all namespaces"
    )
    parser.add_argument(
        "--price",
        type=float,
        metavar="P",
        help="price of a GPU-hour, in place of those prices",
    )
    add_output(parser, _FORMATS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = open_source(args)
    if name is None:
        found = source.sweeps(all_namespaces=args.all_namespaces)
        rows = _of_sweeps([SweepView.of_listed(body) for body in found], args.price)
        columns = None if args.all_namespaces else [k for k in _columns(rows) if k != "namespace"]
        print_rows(rows, args.output, "", columns, wide=args.wide)
        return 0
    _, trials = read_trials(args)
    print_rows(cost_by_phase(trials, args.price), args.output, "", wide=args.wide)
    return 0


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else ["name"]


def _of_sweeps(sweeps: Sequence[SweepView], price: float | None) -> list[dict[str, Any]]:
    """Return a row for each sweep; without what none of them has."""
    rows = [_of_sweep(sweep, price) for sweep in sweeps]
    optional = [key for key in _OPTIONAL if all(row[key] is None for row in rows)]
    return [{k: v for k, v in row.items() if k not in optional} for row in rows]


def _of_sweep(sweep: SweepView, price: float | None) -> dict[str, Any]:
    amounts = _amounts(sweep.gpu_seconds_used, sweep.gpu_seconds_saved, price)
    return {
        "namespace": sweep.namespace,
        "name": sweep.name,
        "trials": sweep.counts.get("created", 0),
        "cost": sweep.cost,
        **amounts,
        "maxGpuHours": sweep.max_gpu_hours,
        "maxCost": sweep.max_cost,
    }


def cost_by_phase(trials: Sequence[TrialView], price: float | None) -> list[dict[str, Any]]:
    """Return a row for each phase with trials, and one for all trials.

    Args:
        trials: the trials.
        price: price of a GPU-hour; None to leave costs out.
    """
    rows = []
    for phase in TrialPhase:
        group = [trial for trial in trials if trial.record.phase is phase]
        if group:
            rows.append(_group(phase.value, group, price))
    return [*rows, _group("all", trials, price)]


def _group(name: str, trials: Sequence[TrialView], price: float | None) -> dict[str, Any]:
    used = sum(trial.gpu_seconds_used for trial in trials)
    saved = sum(trial.record.gpu_saved for trial in trials)
    cost = sum(trial.record.cost for trial in trials)
    known = {"cost": cost} if cost else {}
    return {"phase": name, "trials": len(trials), **known, **_amounts(used, saved, price)}


def _amounts(used: float, saved: float, price: float | None) -> dict[str, Any]:
    hours = {"gpuHoursUsed": used / 3600, "gpuHoursSaved": saved / 3600}
    if price is None:
        return hours
    return {**hours, "cost": used / 3600 * price, "costSaved": saved / 3600 * price}
