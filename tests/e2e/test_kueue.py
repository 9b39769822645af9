"""A sweep in a queue of a real Kueue: trials that wait are queued, those that are preempted start again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import kueue

from .sweeps import Sweeps, choice, eventually

LABEL = "kueue.x-k8s.io/queue-name"
PRIORITY = "kueue.x-k8s.io/priority-class"


def objects(namespace: str) -> list[dict[str, Any]]:
    """A queue with one GPU, in which a higher priority preempts a lower one."""
    api = "kueue.x-k8s.io/v1beta1"
    covered = ["cpu", "memory", "nvidia.com/gpu"]
    quotas = [
        {"name": "cpu", "nominalQuota": 100},
        {"name": "memory", "nominalQuota": "100Gi"},
        {"name": "nvidia.com/gpu", "nominalQuota": 1},
    ]
    flavors = [{"name": "default", "resources": quotas}]
    return [
        {"apiVersion": api, "kind": "ResourceFlavor", "metadata": {"name": "default"}},
        {
            "apiVersion": api,
            "kind": "ClusterQueue",
            "metadata": {"name": "gpus"},
            "spec": {
                "namespaceSelector": {},
                "preemption": {"withinClusterQueue": "LowerPriority"},
                "resourceGroups": [{"coveredResources": covered, "flavors": flavors}],
            },
        },
        {
            "apiVersion": api,
            "kind": "LocalQueue",
            "metadata": {"name": "team", "namespace": namespace},
            "spec": {"clusterQueue": "gpus"},
        },
        {
            "apiVersion": api,
            "kind": "WorkloadPriorityClass",
            "metadata": {"name": "urgent"},
            "value": 1000,
        },
    ]


@pytest.fixture(scope="module")
def queued(sweeps: Sweeps) -> Iterator[Sweeps]:
    if sweeps.target.built_in is None:
        pytest.skip("installs a Kueue of its own, which is for the built-in cluster only")
    kueue.install(sweeps.target)
    listed = {"apiVersion": "v1", "kind": "List", "items": objects(sweeps.namespace)}
    eventually(
        lambda: sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(listed)),
        60,
        "its webhooks answer",
    )
    yield sweeps
    for kind in ("clusterqueue/gpus", "resourceflavor/default", "workloadpriorityclass/urgent"):
        sweeps.target.kubectl("delete", kind, "--wait=false", "--ignore-not-found")
    sweeps.kubectl("delete", "jobs", "--all", "--wait=false")
    kueue.uninstall(sweeps.target)


def phases(sweeps: Sweeps, name: str) -> list[str]:
    return [t.get("status", {}).get("phase", "") for t in sweeps.trials(name)]


def test_queued_trials_have_no_timeout(queued: Sweeps) -> None:
    space = {"level": choice(0.1, 0.2), "reports": choice(30), "pause": choice(0.2)}
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2, "trialTimeout": 15, "startTimeout": 5}
    queued.apply("waits", queued.spec(space, limits=limits), labels={LABEL: "team"})
    eventually(
        lambda: sorted(phases(queued, "waits")) == ["Queued", "Running"], 60, "one waits, one runs"
    )
    waiting = next(t for t in queued.trials("waits") if t["status"]["phase"] == "Queued")
    assert waiting["status"]["reason"] == "JobSuspended"
    eventually(
        lambda: queued.sweep("waits")["status"]["trials"]["queued"] == 1, 10, "the sweep counts it"
    )
    assert queued.condition("waits", "Degraded")["status"] == "False"
    # It waits for longer than startTimeout, and together they last longer than trialTimeout.
    status = queued.await_end("waits")["status"]
    assert status["trials"]["succeeded"] == 2


def test_a_preempted_trial_starts_again(queued: Sweeps) -> None:
    space = {"level": choice(0.5), "reports": choice(50), "pause": choice(0.2)}
    one = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    queued.apply("low", queued.spec(space, limits=one), labels={LABEL: "team"})
    eventually(lambda: phases(queued, "low") == ["Running"], 60, "it runs")
    urgent = queued.spec({**space, "reports": choice(5)}, limits=one)
    queued.apply("high", urgent, labels={LABEL: "team", PRIORITY: "urgent"})
    eventually(lambda: phases(queued, "low") == ["Queued"], 60, "it is preempted")
    assert queued.await_end("high")["status"]["trials"]["succeeded"] == 1
    status = queued.await_end("low")["status"]
    assert (status["trials"]["succeeded"], status["trials"]["failed"]) == (1, 0)
    [trial] = queued.trials("low")
    assert trial["status"]["attempt"] == 1
    assert trial["status"].get("failures", 0) == 0
    assert [e["reason"] for e in trial["status"]["executions"]] == ["JobSuspended"]
    assert trial["status"]["curve"]["reports"] == 50
