"""Ranks of trials of three pods that are killed, deleted, or on a node that is lost, while the operator is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import layout, lifecycle, namespaces
from tests.process_groups import RENDEZVOUS

from .operators import kill_operator
from .sweeps import Sweeps, choice, eventually, values_on_record

INSTANCES = 3
# Reports of each trial, three a second. The last two are killed when all have started.
KILLED = {"starting": 20, "meeting": 20, "killed": 100, "deleted": 100}
# A rank fails or hangs when another one is gone, as in a collective operation.
SCRIPT = (
    RENDEZVOUS
    + """
for step in range(1, int(os.environ["REPORTS"]) + 1):
    total = all_reduce(rank)
    assert total == sum(range(world)), total
    if rank == 0:
        print("score:", round(0.5 + step / 1000, 3), flush=True)
    time.sleep(0.3)
"""
)
UNREACHABLE = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
    "tolerationSeconds": 2,
}


def one_trial(sweeps: Sweeps, reports: int) -> dict[str, Any]:
    """A sweep of one trial, whose pods prefer different nodes."""
    own = {"matchExpressions": [{"key": "sweepjob.dev/sweep-uid", "operator": "Exists"}]}
    apart = {"labelSelector": own, "topologyKey": "kubernetes.io/hostname"}
    preferred = [{"weight": 100, "podAffinityTerm": apart}]
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", SCRIPT],
        "env": [{"name": "REPORTS", "value": str(reports)}],
    }
    pod = {
        "containers": [container],
        "tolerations": [UNREACHABLE],
        "affinity": {
            "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
        },
    }
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    made = sweeps.spec({"a": choice(1)}, limits=limits, metrics={"source": "logs"})
    made["trial"] = {
        "template": {"spec": pod},
        "instanceCount": INSTANCES,
        "distribution": {"type": "pytorch"},
        "stopGracePeriodSeconds": 1,
        "maxRetries": 1,
    }
    return made


def pod_of(sweeps: Sweeps, name: str, rank: int) -> Any:
    """The pod of a rank in the first attempt; None before there is one."""
    key = "batch.kubernetes.io/job-completion-index"
    ranks = {pod["metadata"]["labels"][key]: pod for pod in sweeps.pods(name)}
    return ranks.get(str(rank))


def kill_process(nodes: list[layout.Node], trial: str, rank: int) -> int:
    """Kill the trainer of a rank as the kernel does when memory runs out; return whether it ran."""
    wanted = {f"SWEEPJOB_TRIAL={trial}".encode(), f"SWEEPJOB_RANK={rank}".encode()}
    killed = 0
    for node in nodes:
        for pid in namespaces.processes(node):
            try:
                environment = set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
            except OSError:
                continue
            if wanted <= environment:
                namespaces.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def has_reported(sweeps: Sweeps, name: str) -> bool:
    trials = sweeps.trials(name)
    return bool(trials) and len(values_on_record(trials[0])) >= 2


def check_second_attempt(sweeps: Sweeps, name: str, reports: int) -> dict[str, Any]:
    """Nothing is lost, doubled or left over; return the status of the trial."""
    sweeps.await_end(name, 150)
    (trial,) = sweeps.trials(name)
    status: dict[str, Any] = trial["status"]
    assert (status["phase"], status["attempt"]) == ("Succeeded", 2), (name, status)
    assert status.get("failures", 0) + status.get("disruptions", 0) == 1, (name, status)
    expected = [round(0.5 + n / 1000, 3) for n in range(1, reports + 1)]
    assert values_on_record(trial) == expected, name
    assert not sweeps.running_pods(name), name
    jobs = sweeps.kubectl("get", "jobs", "-o", "name").split()
    own = sorted(job for job in jobs if job.startswith(f"job.batch/{name}-0"))
    assert own[-1] == f"job.batch/{name}-0-r2", own
    assert len(own) <= 2, own
    return status


@pytest.fixture
def soon_noticed(second_node: layout.Node) -> Iterator[layout.Node]:
    """The cluster misses a node after 8 s, instead of 40."""
    lifecycle.restart(second_node.cluster, "kube-controller-manager", quick_node_loss=True)
    yield second_node
    namespaces.send(second_node, signal.SIGCONT)
    lifecycle.restart(second_node.cluster, "kube-controller-manager", quick_node_loss=False)


def test_ranks_that_are_killed_while_the_operator_is(
    sweeps: Sweeps, second_node: layout.Node
) -> None:
    """Each rank, at the start, at the rendezvous and in training, by a signal and by deletion."""
    nodes = [second_node.cluster.node(1), second_node]
    for name, reports in KILLED.items():
        sweeps.apply(name, one_trial(sweeps, reports))
    starting = eventually(lambda: pod_of(sweeps, "starting", 2), 60, "its pods are created")
    sweeps.kubectl("delete", "pod", starting["metadata"]["name"], "--wait=false")
    eventually(lambda: len(sweeps.running_pods("meeting")) == INSTANCES, 60, "its pods run")
    eventually(lambda: kill_process(nodes, "meeting-0", 1), 30, "a rank that meets the others runs")
    kill_operator(sweeps)
    eventually(
        lambda: has_reported(sweeps, "killed") and has_reported(sweeps, "deleted"),
        90,
        "both report",
    )
    assert kill_process(nodes, "killed-0", 0)
    victim = pod_of(sweeps, "deleted", 1)["metadata"]["name"]
    sweeps.kubectl("delete", "pod", victim, "--wait=false")
    kill_operator(sweeps)
    for name, rank in (("starting", None), ("meeting", 1), ("killed", 0), ("deleted", None)):
        status = check_second_attempt(sweeps, name, KILLED[name])
        if rank is not None:
            assert status["failures"] == 1, (name, status)
            message = status["executions"][0]["message"]
            assert f"rank {rank}: the trainer ended with exit code 137" in message, message


def test_a_rank_on_a_lost_node_while_the_operator_is_killed(
    sweeps: Sweeps, soon_noticed: layout.Node
) -> None:
    reports = 60
    sweeps.apply("lost", one_trial(sweeps, reports))
    eventually(lambda: has_reported(sweeps, "lost"), 60, "it reports")
    there = {p["spec"]["nodeName"] for p in sweeps.running_pods("lost")}
    assert there == {"node-1", "node-2"}, there
    namespaces.send(soon_noticed, signal.SIGSTOP)
    eventually(
        lambda: any("deletionTimestamp" in p["metadata"] for p in sweeps.pods("lost")),
        90,
        "the cluster gives up a pod of the node",
    )
    kill_operator(sweeps)
    eventually(lambda: sweeps.trials("lost")[0]["status"]["attempt"] == 2, 180, "it starts again")
    eventually(lambda: has_reported(sweeps, "lost"), 90, "it reports from the other node")
    namespaces.send(soon_noticed, signal.SIGCONT)
    status = check_second_attempt(sweeps, "lost", reports)
    assert status.get("failures", 0) == 0, status
    assert status["executions"][0]["message"].startswith("rank "), status
