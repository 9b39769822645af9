"""A sweep as HTML, for notebooks."""

from __future__ import annotations

import html
import time
from typing import TYPE_CHECKING, Any

from ..render.formatting import duration, gpu_time
from ..render.output_formats import cell, readable
from ..render.views import SweepView, TrialView, best_so_far, by_score, parameter_names

if TYPE_CHECKING:
    from .run import SweepRun

_ROWS = 12
_WIDTH, _HEIGHT = 160, 28  # of a drawn curve, in pixels


def table(run: SweepRun) -> str:
    """The sweep's head and its best trials."""
    sweep, trials = run.views()
    now = time.time()
    shown = by_score(trials)[:_ROWS]
    names = parameter_names(shown)
    heads = ["trial", "phase", sweep.metric, "reports", "time", *names]
    rows = [_row(trial, names, now) for trial in shown]
    more = f"<p>... and {len(trials) - len(shown)} more</p>" if len(trials) > len(shown) else ""
    head = "".join(f"<th>{_text(name)}</th>" for name in heads)
    return (
        f"<div>{_head(sweep, trials, now)}<table><tr>{head}</tr>{''.join(rows)}</table>{more}</div>"
    )


def _head(sweep: SweepView, trials: list[TrialView], now: float) -> str:
    took = duration((sweep.completed or now) - sweep.created)
    parts = [
        f"<b>{_text(sweep.name)}</b>",
        _text(sweep.phase),
        f"{sweep.ended} of {sweep.total} trials",
        f"{sweep.counts.get('running', 0)} running",
        took,
    ]
    if sweep.used:
        parts.append(f"{gpu_time(sweep.used)} used, {gpu_time(sweep.saved)} saved")
    lines = [f"<p>{' &middot; '.join(parts)}</p>"]
    lines += [f"<p><b>{_text(trouble)}</b></p>" for trouble in sweep.warnings(now)]
    if sweep.best_value is not None:
        curve = _drawn(best_so_far(trials, sweep.goal))
        best = f"best: <b>{_text(sweep.best)}</b>, {_text(sweep.metric)} {cell(sweep.best_value)}"
        lines.append(f"<p>{best} {curve}</p>")
    return "".join(lines)


def _row(trial: TrialView, names: list[str], now: float) -> str:
    values = [
        trial.name,
        trial.phase,
        cell(trial.best),
        str(trial.curve.count),
        duration(trial.seconds(now)),
        *(readable(trial.parameters.get(name, "")) for name in names),
    ]
    return f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in values)}</tr>"


def _drawn(values: list[float]) -> str:
    """A line without axes."""
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
