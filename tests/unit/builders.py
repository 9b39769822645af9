"""Objects for tests, valid as they are; tests change the one thing that they are about."""

from __future__ import annotations

import copy
from typing import Any

from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec.limits import Limits
from sweepjob.lifecycle.snapshot import SweepSnapshot, Totals, TrialSnapshot
from sweepjob.lifecycle.workload import Job, Pod

SWEEPJOB: dict[str, Any] = {
    "apiVersion": "sweepjob.dev/v1alpha1",
    "kind": "SweepJob",
    "metadata": {
        "name": "sweep",
        "namespace": "team",
        "uid": "sweep-uid",
        "generation": 1,
        "resourceVersion": "1",
    },
    "spec": {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "samplingAlgorithm": {"type": "random", "seed": 1},
        "searchSpace": {
            "lr": {"type": "loguniform", "minValue": -6, "maxValue": -1},
            "units": {"type": "choice", "values": [16, 32]},
        },
        "limits": {"maxTotalTrials": 4, "maxConcurrentTrials": 2},
        "trial": {
            "image": "registry.example/train:1",
            "command": "python train.py --lr ${{search_space.lr}} --units ${{search_space.units}}",
            "resources": {"limits": {"nvidia.com/gpu": 1}},
        },
    },
}


def sweepjob(**spec: Any) -> dict[str, Any]:
    """A SweepJob with some keys of its spec replaced; None removes one."""
    body = copy.deepcopy(SWEEPJOB)
    for key, value in spec.items():
        if value is None:
            body["spec"].pop(key, None)
        else:
            body["spec"][key] = value
    return body


def trial(index: int = 0, **values: Any) -> TrialSnapshot:
    return TrialSnapshot(
        index=index,
        name=f"sweep-{index}",
        uid=f"trial-{index}",
        phase=values.pop("phase", TrialPhase.RUNNING),
        **values,
    )


def job(index: int = 0, **values: Any) -> Job:
    attempt = values.pop("attempt", 1)
    return Job(name=f"sweep-{index}", uid=f"job-{index}-{attempt}", attempt=attempt, **values)


def pod(index: int = 0, **values: Any) -> Pod:
    return Pod(name=f"sweep-{index}-x", uid=f"pod-{index}", **values)


def snapshot(total: int = 4, concurrent: int = 2, **values: Any) -> SweepSnapshot:
    limits = Limits(
        total,
        concurrent,
        timeout=values.pop("timeout", None),
        trial_timeout=values.pop("trial_timeout", None),
        max_failed_trials=values.pop("max_failed_trials", None),
        start_timeout=values.pop("start_timeout", None),
    )
    return SweepSnapshot(
        limits=limits,
        started=values.pop("started", 0.0),
        suspended=values.pop("suspended", False),
        max_retries=values.pop("max_retries", 0),
        totals=values.pop("totals", Totals()),
        **values,
    )
