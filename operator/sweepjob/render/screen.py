"""Formats one sweep for a terminal: progress, best trial and running trials."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.phases import TrialPhase
from ..read_model.ranking import front_trials
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, best_so_far, parameter_names
from .escaping import escape_line
from .formatting import format_duration, format_gpu_time, pluralize
from .output_formats import format_parameter, format_value, rows_table
from .sparkline import common_scale, progress_bar, sparkline
from .table import format_table, table_width
from .trial_rows import front_row

_LIVE = tuple(phase for phase in TrialPhase if not phase.is_end)
_ENDS = {"succeeded": "succeeded", "earlyStopped": "stopped early", "failed": "failed"}
_WIDTH = 40
_FRONT_ROWS = 8


def sweep_screen(
    sweep: SweepView,
    trials: Sequence[TrialView],
    now: float,
    rows: int = 20,
    *,
    wide: bool = False,
) -> list[str]:
    """Return the lines that describe a sweep.

    Args:
        sweep: the sweep.
        trials: its trials.
        now: seconds since the epoch.
        rows: maximum number of running trials.
        wide: the table may be wider than the terminal.
    """
    width = table_width(wide=wide)
    several = sweep.criteria.has_several_objectives
    result = _front(sweep, trials, width) if several else _best(sweep, trials)
    return [*_head(sweep, trials, now), *result, *_running(sweep, trials, now, rows, width)]


def _head(sweep: SweepView, trials: Sequence[TrialView], now: float) -> list[str]:
    total, ended = sweep.total, sweep.ended
    took = format_duration((sweep.completed or now) - sweep.created)
    ends = [f"{n} {text}" for kind, text in _ENDS.items() if (n := sweep.counts.get(kind, 0))]
    if canceled := sweep.counts.get("canceled", 0):
        ends.append(f"{canceled} canceled")
    if paused := sweep.counts.get("paused", 0):
        ends.append(f"{paused} paused")
    running = sweep.counts.get("running", 0)
    progress = progress_bar(ended / total if total else 0.0, _WIDTH)
    lines = [
        f"{sweep.name}   {sweep.phase}   {took}   {sweep.objective_text}",
        f"{progress}  {ended} of {pluralize(total, 'trial')}, {running} running"
        + (f"; {', '.join(ends)}" if ends else ""),
    ]
    lines += [f"! {escape_line(warning)}" for warning in sweep.warnings(now)]
    reached = best_so_far(trials, sweep.goal) if sweep.criteria.is_plain else ()
    if len(reached) > 1:
        lines.append(f"{sparkline(reached, _WIDTH)}  best so far")
    if sweep.gpu_seconds_used:
        used, saved = map(format_gpu_time, (sweep.gpu_seconds_used, sweep.gpu_seconds_saved))
        lines.append(f"{used} used, {saved} saved by stopping early")
    return lines


def _best(sweep: SweepView, trials: Sequence[TrialView]) -> list[str]:
    if sweep.best_value is None:
        return []
    lines = ["", f"best: {sweep.best}   {sweep.metric} {format_value(sweep.best_value)}"]
    best = next((trial for trial in trials if trial.name == sweep.best), None)
    if best is not None:
        lines.append(
            "  " + "  ".join(f"{k}={format_parameter(v)}" for k, v in best.parameters.items())
        )
    return lines


def _front(sweep: SweepView, trials: Sequence[TrialView], width: int | None) -> list[str]:
    """Return the Pareto front, as many of its trials as a screen has room for."""
    front = front_trials(trials, sweep.criteria)
    if not front:
        return []
    rows = [front_row(trial, sweep.criteria) for trial in front[:_FRONT_ROWS]]
    more = [f"... and {len(front) - len(rows)} more"] if len(front) > len(rows) else []
    size = pluralize(len(front), "trial")
    return ["", f"Pareto front: {size}", rows_table(rows, width=width), *more]


def _running(
    sweep: SweepView, trials: Sequence[TrialView], now: float, rows: int, width: int | None
) -> list[str]:
    live = [trial for trial in trials if trial.phase in _LIVE]
    live.sort(key=lambda trial: trial.phase == TrialPhase.PAUSED)  # they may be many
    if not live:
        return []
    names = parameter_names(live)
    scale = common_scale([trial.reported_values() for trial in live[:rows]])
    head = ["TRIAL", "PHASE", "TIME", "REPORTS", "LAST", "BEST", "CURVE", *names]
    cells = [
        [
            trial.name,
            trial.phase if not trial.record.reason else f"{trial.phase}: {trial.record.reason}",
            format_duration(trial.seconds(now)),
            str(trial.curve.count),
            format_value(trial.curve.last),
            format_value(trial.best),
            sparkline(trial.reported_values(), 16, scale),
            *(format_parameter(trial.parameters.get(name, "")) for name in names),
        ]
        for trial in live[:rows]
    ]
    more = [f"... and {len(live) - rows} more"] if len(live) > rows else []
    return ["", format_table(head, cells, width), *more]
