"""Sweeps in a store, with trials that report."""

from __future__ import annotations

from typing import Any

from sweepjob import protocol
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.state.trial_state import TrialState

from .builders import sweepjob

POLICY = {"type": "bandit", "slackAmount": 0.2}


def state(**spec: Any) -> SweepStore:
    parsed = parse_sweepjob(sweepjob(earlyTermination=POLICY, **spec))
    return SweepStore(
        ObjectIdentity("team", "sweep", "uid"), parsed, seed=1, started=0.0, status={}
    )


def record(index: int, **status: Any) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    return parse_record({**body, "status": status})


def push(trial: TrialState, first: int, *values: float) -> protocol.Push:
    return protocol.Push("team", trial.name, first, values, ("score",))
