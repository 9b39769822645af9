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
    three = {"name": "default", "resources": [*quotas[:2], {**quotas[2], "nominalQuota": 3}]}
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
            "kind": "ClusterQueue",
            "metadata": {"name": "three-gpus"},
            "spec": {
                "namespaceSelector": {},
                "resourceGroups": [{"coveredResources": covered, "flavors": [three]}],
            },
        },
        {
            "apiVersion": api,
            "kind": "LocalQueue",
            "metadata": {"name": "pairs", "namespace": namespace},
            "spec": {"clusterQueue": "three-gpus"},
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
    for kind in (
        "clusterqueue/gpus",
        "clusterqueue/three-gpus",
        "resourceflavor/default",
        "workloadpriorityclass/urgent",
    ):
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


def test_a_trial_of_two_pods_is_admitted_as_a_whole(queued: Sweeps) -> None:
    """There is quota for three pods, and GPUs for four: the second trial waits with both of its pods."""
    space = {"level": choice(0.1, 0.2, 0.3), "reports": choice(10), "pause": choice(0.3)}
    limits = {"maxTotalTrials": 3, "maxConcurrentTrials": 3}

    def workloads() -> list[dict[str, Any]]:
        every = queued.get("workloads.kueue.x-k8s.io")["items"]
        return [each for each in every if each["metadata"]["name"].startswith("job-pairs-")]

    spec = queued.spec(space, limits=limits, trial={"instanceCount": 2})
    queued.apply("pairs", spec, labels={LABEL: "pairs"})
    seen, admitted = set[tuple[int, ...]](), set[int]()

    def has_ended() -> bool:
        for workload in workloads():
            of_pods = workload.get("status", {}).get("admission", {}).get("podSetAssignments", [])
            admitted.update(assigned["count"] for assigned in of_pods)
        running = [
            p["metadata"]["labels"]["sweepjob.dev/trial"] for p in queued.running_pods("pairs")
        ]
        seen.add(tuple(running.count(trial) for trial in sorted(set(running))))
        return queued.sweep("pairs").get("status", {}).get("phase") in ("Complete", "Failed")

    eventually(has_ended, 180, "the sweep has ended")
    status = queued.sweep("pairs")["status"]
    assert status["trials"]["succeeded"] == 3, status
    assert (2,) in seen, seen
    # Kueue reclaims the quota of a pod that has succeeded: the next trial may start beside the last pod of
    # the one before, within the quota.
    assert all(sum(counts) <= 3 for counts in seen), seen
    assert len(workloads()) == 3
    for workload in workloads():
        [pods] = workload["spec"]["podSets"]
        assert (pods["count"], pods.get("minCount")) == (2, None), "all of its pods, or none"
    assert admitted == {2}  # a workload that has finished is no longer admitted
    assert all(trial["status"]["attempt"] == 1 for trial in queued.trials("pairs"))
