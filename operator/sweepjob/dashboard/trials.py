"""A trial as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.times import parse_time
from ..render.trial_rows import whole_row
from ..render.views import TrialView
from ..search.space import leaves
from .curves import curve_points

Body = Mapping[str, Any]


def trial_sheet(body: Body, trial: TrialView, now: float, points: int) -> dict[str, Any]:
    """The row that ``export`` writes, with what else a page draws.

    Args:
        body: the SweepTrial.
        trial: the same.
        points: of its curve, at most.
    """
    status = body.get("status") or {}
    stop = status.get("stop") or {}
    values = dict(leaves(trial.record.assignment))
    return {
        **whole_row(trial, now),
        "parameters": values,
        "texts": dict(trial.parameters),
        "curve": curve_points(trial.curve, points),
        "created": parse_time(body["metadata"].get("creationTimestamp")),
        "gpus": trial.record.gpus,
        "source": body["spec"].get("source", ""),
        "decided": parse_time(stop.get("decidedAt")),
        "seen": list(trial.record.seen),
        "executions": [
            {
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
