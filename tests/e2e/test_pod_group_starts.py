"""Trials of three pods that do not fit on the GPUs together, without a queue: none waits for another for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob.timestamps import parse_time

from tests.cluster import lifecycle
from tests.cluster.components import Options
from tests.process_groups import RENDEZVOUS

from .sweeps import Sweeps, choice

GPUS, TRIALS, INSTANCES = 8, 6, 3
# The ranks wait for each other, as in training. Rank 0 is the last one to end, since the others would be
# deleted with what their pods show.
SCRIPT = (
    RENDEZVOUS
    + """
all_reduce(rank)
time.sleep(4)
print("score:", 1.0)
all_reduce(rank)
if rank == 0:
    time.sleep(6)
"""
)


def times_of(pod: Any) -> tuple[float, float]:
    """When a pod got its node, and so its GPU, and when it ended."""
    conditions = {c["type"]: c for c in pod["status"]["conditions"]}
    [container] = pod["status"]["containerStatuses"]
    scheduled = parse_time(conditions["PodScheduled"]["lastTransitionTime"])
    ended = parse_time(container["state"]["terminated"]["finishedAt"])
    assert scheduled is not None
    assert ended is not None
    return scheduled, ended


@pytest.fixture
def eight_gpus(sweeps: Sweeps) -> Iterator[None]:
    """The cluster has eight GPUs."""
    cluster = sweeps.target.built_in
    if cluster is None:
        pytest.skip("needs a known number of GPUs")
    lifecycle.set_gpus(cluster.node(1), GPUS)
    yield
    lifecycle.set_gpus(cluster.node(1), Options().gpus)


def test_six_trials_of_three_pods_on_eight_gpus(sweeps: Sweeps, eight_gpus: None) -> None:
    limits = {"maxTotalTrials": TRIALS, "maxConcurrentTrials": TRIALS}
    spec = sweeps.spec({"a": choice(1, 2, 3, 4, 5, 6)}, limits=limits, metrics={"source": "logs"})
    spec["trial"] = {
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", SCRIPT],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
        "instanceCount": INSTANCES,
        "distribution": {"type": "pytorch"},
        "stopGracePeriodSeconds": 1,
    }
    sweeps.apply("crowd", spec)
    sweeps.await_end("crowd", 180)
    trials = sweeps.trials("crowd")
    assert [t["status"]["phase"] for t in trials] == ["Succeeded"] * TRIALS
    assert [t["status"]["attempt"] for t in trials] == [1] * TRIALS, "no start is given up"
    groups: dict[str, list[tuple[float, float]]] = {}
    for pod in sweeps.pods("crowd"):
        groups.setdefault(pod["metadata"]["labels"]["job-name"], []).append(times_of(pod))
    assert {len(pods) for pods in groups.values()} == {INSTANCES}
    held = sum(ended - since for pods in groups.values() for since, ended in pods)
    in_vain = sum(max(s for s, _ in pods) - since for pods in groups.values() for since, _ in pods)
    print(f"\n{held:.0f} GPU-seconds held, {in_vain:.0f} of them ({in_vain / held:.0%}) in vain")
    assert in_vain / held < 0.4
