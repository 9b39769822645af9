"""What ``sweepjob explain`` says of a sweep: its settings, its conditions, and why its trials ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ..render.escaping import visible_in_line
from ..render.formatting import counted
from ..render.screen import screen
from ..render.table import table
from ..render.views import SweepView, TrialView


def sweep_explanation(
    body: Mapping[str, Any], trials: Sequence[TrialView], now: float
) -> list[str]:
    """The lines that explain a sweep.

    Args:
        body: the SweepJob.
        trials: all of its trials.
        now: seconds since the epoch.
    """
    sweep = SweepView.of(body)
    return [
        *screen(sweep, trials, now, rows=0),
        "",
        *_settings(body["spec"], (body.get("status") or {}).get("seed")),
        *_conditions((body.get("status") or {}).get("conditions") or ()),
        *_ends(trials),
    ]


def _settings(spec: Mapping[str, Any], seed: int | None) -> list[str]:
    sampling = dict(spec.get("samplingAlgorithm") or {"type": "random"})
    if seed is not None:
        sampling["seed"] = seed
    limits = spec["limits"]
    concurrent = limits.get("maxConcurrentTrials", limits["maxTotalTrials"])
    policy = spec.get("earlyTermination")
    return [
        f"limits: {counted(limits['maxTotalTrials'], 'trial')}, {concurrent} at a time",
        f"sampling: {_words(sampling)}",
        f"early termination: {_words(policy) if policy else 'none'}",
    ]


def _words(settings: Mapping[str, Any]) -> str:
    rest = [f"{key} {value}" for key, value in settings.items() if key != "type"]
    return visible_in_line(", ".join([str(settings.get("type", "")), *rest]))


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    if not conditions:
        return []
    rows = [[c["type"], c["status"], c["reason"], c.get("message", "")] for c in conditions]
    return ["", table(["CONDITION", "STATUS", "REASON", "MESSAGE"], rows)]


def _ends(trials: Sequence[TrialView]) -> list[str]:
    """Why trials ended, or wait: a line for each phase and reason, with the newest as an example."""
    groups: dict[tuple[str, str], list[TrialView]] = defaultdict(list)
    for trial in trials:
        record = trial.record
        groups[trial.phase, record.stop.reason if record.stop else record.reason].append(trial)
    if not groups:
        return []
    rows = []
    for (phase, reason), group in groups.items():
        newest = max(group, key=lambda trial: (trial.ended or 0.0, trial.index))
        said = newest.record.message or (newest.record.stop.message if newest.record.stop else "")
        example = f"{newest.name}: {said}" if said else newest.name
        rows.append([phase, reason, str(len(group)), example])
    return ["", table(["PHASE", "REASON", "TRIALS", "EXAMPLE"], rows)]
