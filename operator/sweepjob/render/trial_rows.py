"""Trials as rows of plain values: the same for commands, exports and pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..api.stop_decision import StopDecision
from ..early_stopping.policy import Decision
from .views import TrialView

Row = dict[str, Any]


def trial_row(trial: TrialView, now: float) -> Row:
    """A trial in a line; ``parameters`` are texts by their dotted names, times are in seconds."""
    record = trial.record
    return {
        "name": trial.name,
        "index": trial.index,
        "phase": trial.phase,
        "best": trial.best,
        "last": trial.curve.last,
        "reports": trial.curve.count,
        "seconds": trial.seconds(now),
        "gpuSeconds": trial.used,
        "gpuSecondsSaved": record.gpu_saved,
        "attempt": record.attempt,
        "reason": record.stop.reason if record.stop else record.reason,
        "parameters": dict(trial.parameters),
    }


def whole_row(trial: TrialView, now: float) -> Row:
    """Everything that is on record of a trial but its curve; ``parameters`` are the values themselves."""
    record = trial.record
    row = trial_row(trial, now)
    row |= {"bestInterval": trial.curve.best_interval, "message": _message(trial)}
    row |= {"started": record.started, "ended": trial.ended, "failures": record.failures}
    row |= {"disruptions": record.disruptions, "stop": stop_row(record.stop)}
    return {**row, "parameters": record.assignment}


def _message(trial: TrialView) -> str:
    return ". ".join(filter(None, (trial.unreadable, trial.record.message)))


def stop_row(stop: StopDecision | Decision | None) -> Row | None:
    """What a policy decided."""
    if stop is None:
        return None
    return {
        "policy": stop.policy,
        "interval": stop.interval,
        "value": stop.value,
        "threshold": stop.threshold,
        "comparators": stop.comparators,
    }


def plain(value: Any) -> Any:
    """What JSON can hold: it has no NaN and no infinity, for which null stands."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value
