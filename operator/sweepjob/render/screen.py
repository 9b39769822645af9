"""One sweep on one screen: progress, best trial, what runs."""

from __future__ import annotations

from collections.abc import Sequence

from .escaping import visible_in_line
from .formatting import counted, duration, gpu_time
from .output_formats import cell, readable
from .sparkline import bar, sparkline
from .table import table
from .views import SweepView, TrialView, best_so_far, parameter_names

_LIVE = ("Running", "Stopping", "Pending", "Queued")
_ENDS = {"succeeded": "succeeded", "earlyStopped": "stopped early", "failed": "failed"}
_WIDTH = 40


def screen(sweep: SweepView, trials: Sequence[TrialView], now: float, rows: int = 20) -> list[str]:
    """The lines that show a sweep.

    Args:
        rows: of running trials, at most.
    """
    return [*_head(sweep, trials, now), *_best(sweep, trials), *_running(sweep, trials, now, rows)]


def _head(sweep: SweepView, trials: Sequence[TrialView], now: float) -> list[str]:
    total, ended = sweep.total, sweep.ended
    took = duration((sweep.completed or now) - sweep.created)
    ends = [f"{n} {text}" for kind, text in _ENDS.items() if (n := sweep.counts.get(kind, 0))]
    if canceled := sweep.counts.get("canceled", 0):
        ends.append(f"{canceled} canceled")
    running = sweep.counts.get("running", 0)
    lines = [
        f"{sweep.name}   {sweep.phase}   {took}   {sweep.goal.value} {sweep.metric}",
        f"{bar(ended / total if total else 0.0, _WIDTH)}  {ended} of {counted(total, 'trial')}, "
        f"{running} running" + (f"; {', '.join(ends)}" if ends else ""),
    ]
    lines += [f"! {visible_in_line(warning)}" for warning in sweep.warnings(now)]
    reached = best_so_far(trials, sweep.goal)
    if len(reached) > 1:
        lines.append(f"{sparkline(reached, _WIDTH)}  best so far")
    if sweep.used:
        lines.append(
            f"{gpu_time(sweep.used)} used, {gpu_time(sweep.saved)} saved by stopping early"
        )
    return lines


def _best(sweep: SweepView, trials: Sequence[TrialView]) -> list[str]:
    if sweep.best_value is None:
        return []
    lines = ["", f"best: {sweep.best}   {sweep.metric} {cell(sweep.best_value)}"]
    best = next((trial for trial in trials if trial.name == sweep.best), None)
    if best is not None:
        lines.append("  " + "  ".join(f"{k}={readable(v)}" for k, v in best.parameters.items()))
    return lines


def _running(sweep: SweepView, trials: Sequence[TrialView], now: float, rows: int) -> list[str]:
    live = [trial for trial in trials if trial.phase in _LIVE]
    if not live:
        return []
    names = parameter_names(live)
    head = ["TRIAL", "PHASE", "TIME", "REPORTS", "LAST", "BEST", "CURVE", *names]
    cells = [
        [
            trial.name,
            trial.phase if not trial.record.reason else f"{trial.phase}: {trial.record.reason}",
            duration(trial.seconds(now)),
            str(trial.curve.count),
            cell(trial.curve.last),
            cell(trial.best),
            sparkline(trial.shape(), 16),
            *(readable(trial.parameters.get(name, "")) for name in names),
        ]
        for trial in live[:rows]
    ]
    more = [f"... and {len(live) - rows} more"] if len(live) > rows else []
    return ["", table(head, cells), *more]
