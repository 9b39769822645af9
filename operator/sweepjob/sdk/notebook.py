"""A sweep as HTML, for notebooks."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, best_so_far, parameter_names, sort_by_score
from ..render.formatting import format_duration, format_gpu_time
from ..render.output_formats import format_parameter, format_value

_MAX_ROWS = 12
_WIDTH, _HEIGHT = 160, 28  # pixels of a line chart


def sweep_table(sweep: SweepView, trials: Sequence[TrialView]) -> str:
    """Return an HTML table of a sweep's best trials below a summary of the sweep."""
    now = time.time()
    best = sort_by_score(trials)[:_MAX_ROWS]
    names = parameter_names(best)
    heads = ["trial", "phase", sweep.metric, "reports", "time", *names]
    rows = [_row(trial, names, now) for trial in best]
    more = f"<p>... and {len(trials) - len(best)} more</p>" if len(trials) > len(best) else ""
    head = "".join(f"<th>{_text(name)}</th>" for name in heads)
    return (
        f"<div>{_head(sweep, trials, now)}<table><tr>{head}</tr>{''.join(rows)}</table>{more}</div>"
    )


def _head(sweep: SweepView, trials: Sequence[TrialView], now: float) -> str:
    took = format_duration((sweep.completed or now) - sweep.created)
    parts = [
        f"<b>{_text(sweep.name)}</b>",
        _text(sweep.phase),
        f"{sweep.ended} of {sweep.total} trials",
        f"{sweep.counts.get('running', 0)} running",
        took,
    ]
    if sweep.gpu_seconds_used:
        used, saved = map(format_gpu_time, (sweep.gpu_seconds_used, sweep.gpu_seconds_saved))
        parts.append(f"{used} used, {saved} saved")
    lines = [f"<p>{' &middot; '.join(parts)}</p>"]
    lines += [f"<p><b>{_text(warning)}</b></p>" for warning in sweep.warnings(now)]
    if sweep.best_value is not None:
        curve = _sparkline_svg(best_so_far(trials, sweep.goal))
        best = f"best: <b>{_text(sweep.best)}</b>, {_text(sweep.metric)} {format_value(sweep.best_value)}"
        lines.append(f"<p>{best} {curve}</p>")
    return "".join(lines)


def _row(trial: TrialView, names: list[str], now: float) -> str:
    values = [
        trial.name,
        trial.phase,
        format_value(trial.best),
        str(trial.curve.count),
        format_duration(trial.seconds(now)),
        *(format_parameter(trial.parameters.get(name, "")) for name in names),
    ]
    return f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in values)}</tr>"


def _sparkline_svg(values: list[float]) -> str:
    """Return a line chart without axes as SVG; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = " ".join(
        f"{n * _WIDTH / (len(values) - 1):.1f},{_HEIGHT - (v - low) / span * _HEIGHT:.1f}"
        for n, v in enumerate(values)
    )
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="best so far">{line}</svg>'
    )


def _text(value: Any) -> str:
    return html.escape(str(value))
