"""``sweepjob cost``: where the GPU-hours went."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ..api.phases import TrialPhase
from ..render.output_formats import FORMATS, add_output, show
from ..render.views import SweepView, TrialView
from .arguments import add_sweep
from .kubectl import Kubectl
from .trials import read

_FORMATS = tuple(f for f in FORMATS if f != "name")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "cost",
        help="show GPU-hours used and saved",
        description="With a sweep: by what became of its trials. Without: all sweeps of the namespace. "
        "What was saved by stopping early is an estimate: the reports not made, at its own pace.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument("-A", "--all-namespaces", action="store_true")
    parser.add_argument("--price", type=float, metavar="P", help="of a GPU-hour, in any currency")
    add_output(parser, _FORMATS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.name is None:
        found = Kubectl.of(args).sweeps(everywhere=args.all_namespaces)
        rows = [_of_sweep(SweepView.of(body), args.price) for body in found]
        shown = None if args.all_namespaces else [k for k in _columns(rows) if k != "namespace"]
        show(rows, args.output, "", shown)
        return 0
    _, trials = read(args)
    show(of_trials(trials, args.price), args.output, "")
    return 0


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else ["name"]


def _of_sweep(sweep: SweepView, price: float | None) -> dict[str, Any]:
    row = {
        "namespace": sweep.namespace,
        "name": sweep.name,
        "trials": sweep.counts.get("created", 0),
    }
    return {**row, **_amounts(sweep.used, sweep.saved, price)}


def of_trials(trials: Sequence[TrialView], price: float | None) -> list[dict[str, Any]]:
    """A row for each phase that there is, and one for all."""
    rows = []
    for phase in TrialPhase:
        group = [trial for trial in trials if trial.record.phase is phase]
        if group:
            rows.append(_group(phase.value, group, price))
    return [*rows, _group("all", trials, price)]


def _group(name: str, trials: Sequence[TrialView], price: float | None) -> dict[str, Any]:
    used = sum(trial.used for trial in trials)
    saved = sum(trial.record.gpu_saved for trial in trials)
    return {"phase": name, "trials": len(trials), **_amounts(used, saved, price)}


def _amounts(used: float, saved: float, price: float | None) -> dict[str, Any]:
    hours = {"gpuHoursUsed": used / 3600, "gpuHoursSaved": saved / 3600}
    if price is None:
        return hours
    return {**hours, "cost": used / 3600 * price, "costSaved": saved / 3600 * price}
