"""A trial in the document of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..read_model.trial_view import TrialView
from ..render.trial_rows import full_trial_row
from ..search.space import leaves
from ..timestamps import parse_time
from .curves import sample_curve, sample_metrics

Body = Mapping[str, Any]


def trial_fields(
    body: Body, trial: TrialView, now: float, points: int, metric_points: int = 0
) -> dict[str, Any]:
    """Return the row that ``sweepjob export`` writes, with what the page draws in addition.

    Args:
        body: the SweepTrial.
        trial: the same, parsed.
        now: seconds since the epoch.
        points: maximum number of points of the curve.
        metric_points: the same of the curve of each other metric; 0 for no such curves.
    """
    status = body.get("status") or {}
    stop, budget = status.get("stop") or {}, trial.record.budget
    values = dict(leaves(trial.record.parameters))
    pods = [asdict(pod) for pod in trial.record.pods]
    row = full_trial_row(trial, now)
    for key in ("tags", "note"):
        if not row[key]:
            del row[key]  # few trials have them, and a document may have thousands of trials
    return {
        **row,
        **({"pods": pods} if pods else {}),
        **_result_fields(status, trial),
        **({} if budget is None else {"budgetParameter": budget.parameter}),
        "parameters": values,
        "texts": dict(trial.parameters),
        "curve": sample_curve(trial.curve, points),
        "metrics": sample_metrics(trial, metric_points),
        "created": parse_time(body["metadata"].get("creationTimestamp")),
        "gpus": trial.record.gpus,
        "source": body["spec"].get("source", ""),
        "decided": parse_time(stop.get("decidedAt")),
        "seen": list(trial.record.seen),
        "logs": log_fields(trial),
        "resumed": trial.record.resumed,
        "executions": [
            {
                "started": e.started,
                "attempt": e.attempt,
                "pod": e.pod,
                "node": e.node,
                "ended": e.ended,
                "reason": e.reason,
                "message": e.message,
            }
            for e in trial.record.executions
        ],
    }


def _result_fields(status: Body, trial: TrialView) -> dict[str, Any]:
    """Return the values that are compared, of a sweep with several objectives or constraints."""
    if not trial.record.values:
        return {}
    return {"results": dict(trial.record.values), "feasible": status.get("feasible")}


def log_fields(trial: TrialView) -> list[dict[str, Any]]:
    """Return the recorded last lines of each attempt's log, the oldest attempt first."""
    return [
        {"attempt": attempt, "pod": tail.pod, "text": tail.text, "problem": tail.problem}
        for attempt, tail in trial.log_tails.items()
    ]
