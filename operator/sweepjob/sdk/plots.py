"""Figures of a sweep. They need matplotlib, which is not a dependency."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..objective import Goal
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, best_so_far
from .sweep_objects import SweepError
from .trial_run import TrialRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008): distinguishable with any colour vision.
_BLUE, _ORANGE, _GREY, _GREEN = "#0072b2", "#e69f00", "#999999", "#009e73"


def overview(sweep: SweepView, views: Sequence[TrialView], now: float) -> Figure:
    """Return a figure with the best value over trials, the learning curves, and parallel coordinates.

    Args:
        sweep: the sweep.
        views: its trials.
        now: seconds since the epoch.

    Raises:
        SweepError: matplotlib is not installed.
    """
    figure = _notebook_figure()(figsize=(11, 7), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    trials = [TrialRun.of(view, now) for view in views]
    figure.suptitle(f"{sweep.name}: {sweep.goal.value} {sweep.metric}")
    history(figure.add_subplot(grid[0, 0]), trials, best_so_far(views, sweep.goal), sweep.metric)
    curves(figure.add_subplot(grid[0, 1]), trials, sweep.metric)
    parallel(figure.add_subplot(grid[1, :]), trials, sweep.goal, sweep.metric)
    return figure


def _notebook_figure() -> type[Figure]:
    """Return a class of figures that notebooks display with any backend."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SweepError("plot needs matplotlib: pip install matplotlib") from None

    class NotebookFigure(Figure):
        def _repr_png_(self) -> bytes:
            data = io.BytesIO()
            self.savefig(data, format="png", dpi=110)
            return data.getvalue()

    return NotebookFigure


def history(axes: Axes, trials: list[TrialRun], best: list[float], metric: str) -> None:
    """Draw each trial's best value, and the best value so far."""
    values = {trial.index: trial.value for trial in trials if trial.value is not None}
    axes.scatter([*values], [*values.values()], s=14, color=_GREY, label="trial")
    axes.step(range(len(best)), best, where="post", color=_BLUE, label="best so far")
    axes.set(xlabel="trial", ylabel=metric, title="history")
    axes.legend()


def curves(axes: Axes, trials: list[TrialRun], metric: str) -> None:
    """Draw each trial's reports; a cross marks an early stop, a dash the threshold that was missed."""
    for trial in trials:
        axes.plot(trial.intervals, trial.values, color=_BLUE, alpha=0.5, linewidth=1)
    for label, kind in (("stopped", "value"), ("threshold", "threshold")):
        marks = [
            (t.stop.interval, getattr(t.stop, kind)) for t in trials if t.stop and t.stop.policy
        ]
        points = [(n, value) for n, value in marks if value is not None]
        if points:
            marker = "x" if kind == "value" else "_"
            axes.scatter(
                *zip(*points, strict=True), marker=marker, color=_ORANGE, label=label, zorder=3
            )
    axes.set(xlabel="interval", ylabel=metric, title="learning curves")
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def parallel(axes: Axes, trials: list[TrialRun], goal: Goal, metric: str) -> None:
    """Draw parallel coordinates: an axis for each parameter, and the metric on the last.

    The best tenth of the trials is drawn in front. Parameters with a single value are left out.

    Args:
        axes: where to draw.
        trials: the trials; those without a value are left out.
        goal: whether larger or smaller values are better.
        metric: name of the metric.
    """
    ranked = sorted((t for t in trials if t.value is not None), key=lambda t: t.score(goal))
    names = list(dict.fromkeys(name for t in ranked for name in t.flat_parameters))
    names = [n for n in names if len({str(t.flat_parameters.get(n)) for t in ranked}) > 1]
    columns = [[t.flat_parameters.get(name) for t in ranked] for name in names]
    columns.append([t.value for t in ranked])
    heights = [_heights(column) for column in columns]
    front = len(ranked) - max(1, len(ranked) // 10)
    for number in range(len(ranked)):
        colour, alpha = (_GREEN, 1.0) if number >= front else (_GREY, 0.35)
        axes.plot([h[number] for h in heights], color=colour, alpha=alpha, linewidth=1)
    labels = [f"{n}\n{_range(c)}" for n, c in zip([*names, metric], columns, strict=True)]
    axes.set_xticks(range(len(labels)), labels)
    axes.set(yticks=[], title="parameters")
    for position in range(len(labels)):
        axes.axvline(position, color="black", linewidth=0.8)


def _heights(column: list[Any]) -> list[float]:
    """Scale values to 0 to 1: numbers linearly, or by logarithm where they span decades."""
    if all(_is_number(value) for value in column):
        logs = all(v > 0 for v in column) and max(column, default=1) > 50 * min(column, default=1)
        found = [math.log(v) if logs else float(v) for v in column]
        low, high = min(found, default=0.0), max(found, default=1.0)
        return [(v - low) / ((high - low) or 1.0) for v in found]
    words = sorted({str(value) for value in column})
    return [words.index(str(value)) / max(1, len(words) - 1) for value in column]


def _range(column: list[Any]) -> str:
    if column and all(_is_number(value) for value in column):
        return f"{min(column):.3g} to {max(column):.3g}"
    return ", ".join(sorted({str(value) for value in column})[:4])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
