"""A node that is gone: its trial starts again elsewhere, and what the lost one still says is refused; and
if it was the operator's own, so does the operator."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import layout, lifecycle, namespaces
from tests.cluster import target as clusters

from .sweeps import Sweeps, choice, eventually, values_on_record
from .training_scripts import SCRIPT

LOST, ALONE = 75, 150  # reports, five a second
UNREACHABLE = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
    "tolerationSeconds": 2,
}


def preferring(node: str) -> dict[str, Any]:
    """The affinity of a pod that would rather run on a node."""
    wanted = [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]
    preferred = [{"weight": 100, "preference": {"matchExpressions": wanted}}]
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def expected(reports: int) -> list[float]:
    return [round(0.5 + n / 1000, 3) for n in range(1, reports + 1)]


def one_trial(sweeps: Sweeps, node: str, reports: int) -> dict[str, Any]:
    """A sweep whose trial would rather run on a node."""
    space = {"level": choice(0.5), "reports": choice(reports), "pause": choice(0.2)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1})
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", SCRIPT],
    }
    pod = {
        "containers": [container],
        "tolerations": [UNREACHABLE],
        "affinity": preferring(node),
    }
    spec["trial"] = {"template": {"spec": pod}, "stopGracePeriodSeconds": 1}
    return spec


def refused_pushes(sweeps: Sweeps) -> float:
    path = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"
    text = sweeps.target.kubectl("get", "--raw", path)
    found = [
        line for line in text.splitlines() if line.startswith('sweepjob_pushes_total{code="410"}')
    ]
    return float(found[0].split()[-1]) if found else 0.0


def trial(sweeps: Sweeps) -> Any:
    return sweeps.trials("lost")[0]["status"]


def operators(sweeps: Sweeps) -> dict[str, str]:
    """The operator's pods that are ready and to stay, and their nodes."""
    pods = sweeps.target.get(
        "-n", clusters.SYSTEM, "pods", "-l", "app.kubernetes.io/name=sweepjob"
    )["items"]
    return {
        pod["metadata"]["name"]: pod["spec"]["nodeName"]
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"]
        and pod["status"].get("containerStatuses", [{}])[0].get("ready")
    }


@pytest.fixture(scope="module", autouse=True)
def soon_noticed(second_node: layout.Node) -> Iterator[None]:
    """The cluster misses a node after 8 s, instead of 40."""
    lifecycle.restart(second_node.cluster, "kube-controller-manager", quick_node_loss=True)
    yield
    lifecycle.restart(second_node.cluster, "kube-controller-manager", quick_node_loss=False)


@pytest.fixture
def operator_on_second(sweeps: Sweeps, second_node: layout.Node) -> Iterator[layout.Node]:
    """The operator lies on the second node for a test."""
    anywhere = ("--set", r"nodeSelector.kubernetes\.io/hostname=null")
    there = ("--set-json", f"affinity={json.dumps(preferring('node-2'))}")
    clusters.install(sweeps.target, *anywhere, *there)
    assert list(operators(sweeps).values()) == ["node-2"]
    yield second_node
    namespaces.send(second_node, signal.SIGCONT)
    clusters.install(sweeps.target)


def test_a_lost_node(sweeps: Sweeps, second_node: layout.Node) -> None:
    sweeps.apply("lost", one_trial(sweeps, "node-2", LOST))
    eventually(lambda: trial(sweeps)["phase"] == "Running", 60, "it runs")
    [pod] = sweeps.running_pods("lost")
    assert pod["spec"]["nodeName"] == "node-2"
    eventually(lambda: len(values_on_record(sweeps.trials("lost")[0])) > 5, 30, "it reports")
    before = refused_pushes(sweeps)
    namespaces.send(second_node, signal.SIGSTOP)
    lost = eventually(lambda: (t := trial(sweeps))["attempt"] == 2 and t, 180, "it starts again")
    assert [e["reason"] for e in lost["executions"]] == ["NodeLost"]
    assert lost["executions"][0]["node"] == "node-2"
    events = ("events", "--for", "sweeptrial/lost-0")
    eventually(lambda: "counts as lost" in sweeps.kubectl(*events), 10, "an event says so")
    eventually(lambda: trial(sweeps)["phase"] == "Running", 60, "it runs elsewhere")
    namespaces.send(second_node, signal.SIGCONT)
    eventually(lambda: refused_pushes(sweeps) > before, 60, "what the lost one reports is refused")
    status = sweeps.await_end("lost")["status"]
    assert (status["trials"]["succeeded"], status["trials"]["failed"]) == (1, 0)
    record = sweeps.trials("lost")[0]
    assert record["status"].get("failures", 0) == 0
    assert values_on_record(record) == expected(LOST)
    assert json.loads(record["spec"]["assignment"])["level"] == 0.5
    jobs = sweeps.kubectl("get", "jobs", "-o", "name").split()
    assert jobs == ["job.batch/lost-0-r2"]


def test_the_operators_own_node(sweeps: Sweeps, operator_on_second: layout.Node) -> None:
    """The trial goes on meanwhile; what it reports waits in its sidecar, and is on record at last."""
    before = operators(sweeps)
    sweeps.apply("alone", one_trial(sweeps, "node-1", ALONE))
    eventually(lambda: len(values_on_record(sweeps.trials("alone")[0])) > 5, 60, "it reports")
    namespaces.send(operator_on_second, signal.SIGSTOP)
    eventually(
        lambda: (now := operators(sweeps)) != before and list(now.values()) == ["node-1"],
        150,
        "the operator is back on the other node",
    )
    status = sweeps.await_end("alone")["status"]
    namespaces.send(operator_on_second, signal.SIGCONT)
    pods = ("-n", clusters.SYSTEM, "get", "pods", "-o", "name")
    [lost] = before
    eventually(
        lambda: lost not in sweeps.target.kubectl(*pods), 60, "the lost one wakes up and ends"
    )
    assert status["trials"]["succeeded"] == status["trials"]["created"] == 1
    [record] = sweeps.trials("alone")
    assert values_on_record(record) == expected(ALONE)
    assert record["status"]["attempt"] == 1
    jobs = sweeps.kubectl("get", "jobs", "-o", "name").split()
    assert [job for job in jobs if "alone" in job] == ["job.batch/alone-0"]
