"""``sweepjob trials``, ``export``: the trials of a sweep, line by line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from ..render.output_formats import add_output, show
from ..render.table import tell
from ..render.trial_rows import trial_row
from ..render.views import SweepView, TrialView, by_score, trial_views
from .arguments import add_sweep
from .kubectl import Kubectl

SHOWN = (
    "name",
    "phase",
    "best",
    "last",
    "reports",
    "seconds",
    "gpuSeconds",
    "reason",
    "parameters",
)
_ORDERS: dict[str, Callable[[Sequence[TrialView]], list[TrialView]]] = {
    "best": by_score,
    "index": lambda trials: sorted(trials, key=lambda t: t.index),
    "reports": lambda trials: sorted(trials, key=lambda t: (-t.curve.count, t.index)),
    "gpu": lambda trials: sorted(trials, key=lambda t: (-t.used, t.index)),
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "trials", help="list a sweep's trials", description="The trials of a sweep, the best first."
    )
    add_sweep(parser)
    parser.add_argument("--sort", choices=tuple(_ORDERS), default="best")
    parser.add_argument("--top", type=int, metavar="N", help="the first N only")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    sweep, trials = read(args)
    chosen = _ORDERS[args.sort](trials)[: args.top]
    if not chosen and args.output == "table":
        tell(f"{sweep.name} has no trials yet")
        return 0
    show([trial_row(t, time.time()) for t in chosen], args.output, "sweeptrial", SHOWN)
    return 0


def read(args: argparse.Namespace) -> tuple[SweepView, list[TrialView]]:
    """The sweep that was named, and its trials."""
    cluster = Kubectl.of(args)
    sweep = SweepView.of(cluster.sweep(args.name))
    trials = trial_views(cluster.trials(args.name), sweep.goal)
    for trial in trials:
        if trial.unreadable:
            tell(f"warning: {trial.name}: {trial.unreadable}")
    return sweep, trials
