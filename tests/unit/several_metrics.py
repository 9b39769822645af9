"""Sweeps with several objectives and with constraints, and records of their trials."""

from __future__ import annotations

import math
from typing import Any

from sweepjob import protocol
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.state.sweep_store import SweepStore

from .builders import sweepjob

OBJECTIVES = [
    {"goal": "maximize", "primaryMetric": "score"},
    {"goal": "minimize", "primaryMetric": "latency"},
]


SIZE = [{"metric": "size", "max": 14}]


SEVERAL: dict[str, Any] = {"objective": None, "objectives": OBJECTIVES}


BOTH: dict[str, Any] = {**SEVERAL, "constraints": SIZE}


def store(**spec: Any) -> SweepStore:
    parsed = parse_sweepjob(sweepjob(**spec))
    return SweepStore(ObjectIdentity("team", "sweep", "uid"), parsed, 1, 0.0, {})


def record(index: int, values: dict[str, float] | None = None, **status: Any) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1 + index}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    if values is not None:
        status = {"phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", **status}
        status["values"] = {name: repr(value) for name, value in values.items()}
        score = values.get("score")
        if score is not None:
            curve = {"pod": "p", "reports": 1, "values": repr(score), "last": repr(score)}
            status["curve"] = {**curve, **({"best": repr(score)} if math.isfinite(score) else {})}
    return parse_record({**body, "status": status})


def pushed(first: int, values: tuple[float, ...], *results: float | None) -> protocol.Push:
    return protocol.Push("team", "sweep-0", first, values, ("score",), results=results)
