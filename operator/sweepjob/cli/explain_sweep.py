"""Explains a sweep: its settings, its conditions, and why its trials ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ..objective import Goal
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.escaping import escape_line
from ..render.formatting import pluralize
from ..render.screen import sweep_screen
from ..render.table import format_wrapped


def explain_sweep(
    body: Mapping[str, Any], trials: Sequence[TrialView], now: float, width: int | None = None
) -> list[str]:
    """Return the lines that explain a sweep.

    Args:
        body: the SweepJob object.
        trials: all of its trials.
        now: seconds since the epoch.
        width: maximum number of characters of a line of a table; None for any.
    """
    sweep = SweepView.of(body)
    return [
        *sweep_screen(sweep, trials, now, rows=0),
        "",
        *_settings(sweep, body["spec"], (body.get("status") or {}).get("seed")),
        *_conditions((body.get("status") or {}).get("conditions") or (), width),
        *_ends(trials, width),
    ]


def _settings(sweep: SweepView, spec: Mapping[str, Any], seed: int | None) -> list[str]:
    sampling = dict(spec.get("samplingAlgorithm") or {"type": "random"})
    if seed is not None:
        sampling["seed"] = seed
    limits = spec["limits"]
    concurrent = limits.get("maxConcurrentTrials", limits["maxTotalTrials"])
    policy = spec.get("earlyTermination")
    return [
        f"limits: {pluralize(limits['maxTotalTrials'], 'trial')}, {concurrent} at a time"
        + _result_limits(sweep, limits),
        f"sampling: {_describe(sampling)}",
        f"early termination: {_describe(policy) if policy else 'none'}",
    ]


def _result_limits(sweep: SweepView, limits: Mapping[str, Any]) -> str:
    """Return after what results the sweep ends before all of its trials."""
    ends = []
    if (target := limits.get("target")) is not None:
        direction = "least" if sweep.goal is Goal.MAXIMIZE else "most"
        ends.append(f"a trial reports {sweep.metric} of at {direction} {target}")
    if (number := limits.get("noImprovementTrials")) is not None:
        ends.append(f"{pluralize(number, 'trial')} in a row ended without a new best")
    if (hours := limits.get("maxGpuHours")) is not None:
        ends.append(f"the trials have used {hours:g} GPU-hours")
    if (cost := limits.get("maxCost")) is not None:
        ends.append(f"the trials have cost {cost:g}")
    return escape_line(f"; ends when {' or '.join(ends)}") if ends else ""


def _describe(settings: Mapping[str, Any]) -> str:
    rest = [f"{key} {value}" for key, value in settings.items() if key != "type"]
    return escape_line(", ".join([str(settings.get("type", "")), *rest]))


def _conditions(conditions: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    if not conditions:
        return []
    rows = [[c["type"], c["status"], c["reason"], c.get("message", "")] for c in conditions]
    return ["", format_wrapped(["CONDITION", "STATUS", "REASON", "MESSAGE"], rows, width)]


def _ends(trials: Sequence[TrialView], width: int | None) -> list[str]:
    """Return a table of phases and reasons of trials, with the newest trial of each as an example."""
    groups: dict[tuple[str, str], list[TrialView]] = defaultdict(list)
    for trial in trials:
        record = trial.record
        groups[trial.phase, record.stop.reason if record.stop else record.reason].append(trial)
    if not groups:
        return []
    rows = []
    for (phase, reason), group in groups.items():
        newest = max(group, key=lambda trial: (trial.ended or 0.0, trial.index))
        stop = newest.record.stop
        message = newest.record.message or (stop.message if stop else "")
        example = f"{newest.name}: {message}" if message else newest.name
        rows.append([phase, reason, str(len(group)), example])
    return ["", format_wrapped(["PHASE", "REASON", "TRIALS", "EXAMPLE"], rows, width)]
