"""Sweeps, their definitions and their trials as HTML, for notebooks."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..protocol import MetricCurve
from ..read_model.ranking import ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, best_so_far, parameter_names
from ..render.formatting import format_duration, format_gpu_time
from ..render.output_formats import format_parameter, format_value

_MAX_ROWS = 12
_WIDTH, _HEIGHT = 160, 28  # pixels of a line chart
_CHART_WIDTH, _CHART_HEIGHT = 640, 180


def sweep_table(sweep: SweepView, trials: Sequence[TrialView]) -> str:
    """Return an HTML table of a sweep's best trials below a summary of the sweep."""
    now = time.time()
    best = ranked(trials, sweep.criteria)[:_MAX_ROWS]
    names = parameter_names(best)
    heads = ["trial", "phase", sweep.metric, "reports", "time", *names]
    rows = [_row(trial, names, now) for trial in best]
    more = f"<p>... and {len(trials) - len(best)} more</p>" if len(trials) > len(best) else ""
    curves = _curve_chart([trial.reported_values() for trial in best], sweep.metric)
    return f"<div>{_head(sweep, trials, now)}{html_table(heads, rows)}{more}{curves}</div>"


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an HTML table.

    Args:
        columns: names of the columns; none for a table whose first column has the names.
        rows: texts of the cells.
    """
    head = "".join(f"<th>{escaped(name)}</th>" for name in columns)
    lines = [f"<tr>{head}</tr>"] if columns else []
    for row in rows:
        first, *rest = row
        tag = "td" if columns else "th"
        cells = "".join(f"<td>{escaped(cell)}</td>" for cell in rest)
        lines.append(f"<tr><{tag}>{escaped(first)}</{tag}>{cells}</tr>")
    return f"<table>{''.join(lines)}</table>"


def metric_table(trial_metrics: Mapping[str, MetricCurve]) -> str:
    """Return an HTML table of other metrics of a trial with their curves; empty without any."""
    rows = []
    for name, curve in trial_metrics.items():
        numbers = "".join(
            f"<td>{escaped(format_value(value))}</td>"
            for value in (curve.last, curve.low, curve.high)
        )
        line = _sparkline_svg([value for _, value in curve.points() if math.isfinite(value)])
        rows.append(
            f"<tr><td>{escaped(name)}</td><td>{curve.count}</td>{numbers}<td>{line}</td></tr>"
        )
    if not rows:
        return ""
    names = ("metric", "reports", "last", "lowest", "highest", "")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _curve_chart(series: Sequence[Sequence[float]], metric: str) -> str:
    """Return the learning curves as SVG, the first one in front; empty without two reports."""
    drawn = [[v for v in values if math.isfinite(v)] for values in series]
    drawn = [values for values in drawn if len(values) > 1]
    if not drawn:
        return ""
    low, high = min(map(min, drawn)), max(map(max, drawn))
    width, height, longest = _CHART_WIDTH, _CHART_HEIGHT, max(map(len, drawn))
    lines = []
    for place, values in reversed([*enumerate(drawn)]):
        points = " ".join(
            f"{n * width / (longest - 1):.1f},{_level(value, low, high) * height:.1f}"
            for n, value in enumerate(values)
        )
        weight, opacity = (2.5, 1) if place == 0 else (1, 0.4)
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="{weight}" '
            f'opacity="{opacity}"/>'
        )
    label = f"learning curves of {escaped(metric)}, the best in front"
    limits = f"{format_value(low)} to {format_value(high)}, {longest} reports"
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{label}">{"".join(lines)}</svg>'
        f"<p><small>{label}: {limits}</small></p>"
    )


def _level(value: float, low: float, high: float) -> float:
    """Return the height of a value from the top, from 0 to 1."""
    span = high / 2 - low / 2  # halved first, since the difference of two large values may overflow
    return 1 - (value / 2 - low / 2) / span if span else 0.5


def _head(sweep: SweepView, trials: Sequence[TrialView], now: float) -> str:
    took = format_duration((sweep.completed or now) - sweep.created)
    parts = [
        f"<b>{escaped(sweep.name)}</b>",
        escaped(sweep.phase),
        f"{sweep.ended} of {sweep.total} trials",
        f"{sweep.counts.get('running', 0)} running",
        took,
    ]
    if sweep.gpu_seconds_used:
        used, saved = map(format_gpu_time, (sweep.gpu_seconds_used, sweep.gpu_seconds_saved))
        parts.append(f"{used} used, {saved} saved")
    lines = [f"<p>{' &middot; '.join(parts)}</p>"]
    lines += [f"<p><b>{escaped(warning)}</b></p>" for warning in sweep.warnings(now)]
    if sweep.best_value is not None:
        curve = _sparkline_svg(best_so_far(trials, sweep.goal))
        value = f"{escaped(sweep.metric)} {format_value(sweep.best_value)}"
        lines.append(f"<p>best: <b>{escaped(sweep.best)}</b>, {value} {curve}</p>")
    return "".join(lines)


def _row(trial: TrialView, names: list[str], now: float) -> list[str]:
    return [
        trial.name,
        trial.phase,
        format_value(trial.best),
        str(trial.curve.count),
        format_duration(trial.seconds(now)),
        *(format_parameter(trial.parameters.get(name, "")) for name in names),
    ]


def _sparkline_svg(values: list[float]) -> str:
    """Return a line chart without axes as SVG; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    points = " ".join(
        f"{n * _WIDTH / (len(values) - 1):.1f},{_level(v, low, high) * _HEIGHT:.1f}"
        for n, v in enumerate(values)
    )
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    return f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="curve">{line}</svg>'


def escaped(value: Any) -> str:
    """Return a value as text of HTML."""
    return html.escape(str(value))
