"""A sweep and its trials as the API server has them."""

from __future__ import annotations

from typing import Any

from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.serialization import dump_stop, trial_manifest
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.early_stopping.curve import Curve
from sweepjob.objective import Goal
from sweepjob.read_model.trial_view import trial_views
from sweepjob.timestamps import format_time

from ..builders import sweepjob

NOW = 1_767_225_600.0  # 2026-01-01

STOP = StopDecision(
    TrialPhase.EARLY_STOPPED,
    "Bandit",
    "bandit stopped it at interval 2: its best 0.2 is below 0.5",
    policy="bandit",
    interval=2,
    value=0.2,
    threshold=0.5,
    comparators=2,
)


def sweep_body(goal: str = "maximize", **status: Any) -> dict[str, Any]:
    body = sweepjob(objective={"goal": goal, "primaryMetric": "score"})
    body["metadata"]["creationTimestamp"] = format_time(NOW - 100)
    body["status"] = {"phase": "Running", **status}
    return body


def trial_body(
    index: int, values: list[float], phase: TrialPhase = TrialPhase.SUCCEEDED, **status: Any
) -> dict[str, Any]:
    curve = Curve(status.pop("goal", Goal.MAXIMIZE))
    for value in values:
        curve.append(value)
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 10.0**-index}, "random seed 1")
    body["metadata"] |= {"uid": f"t{index}", "resourceVersion": "1"}
    body["status"] = {
        "phase": phase.value,
        "startTime": format_time(NOW - 90),
        "curve": dump_curve(curve, "pod"),
        "gpuSeconds": {"count": "1", "byResource": {"nvidia.com/gpu": "1800"}, "saved": "900"},
        **({"completionTime": format_time(NOW - 50 + index)} if phase.is_end else {}),
        **status,
    }
    return body


TRIALS = trial_views(
    [
        trial_body(2, [0.9, 0.8], TrialPhase.RUNNING),
        trial_body(0, [0.1, 0.6, 0.7]),
        trial_body(
            1,
            [0.2, 0.1],
            TrialPhase.EARLY_STOPPED,
            stop=dump_stop(STOP, format_time(NOW)),
            message=STOP.message,
        ),
        trial_body(3, [], TrialPhase.FAILED, reason="TrainerFailed", message="exit code 3"),
    ],
    Goal.MAXIMIZE,
)
