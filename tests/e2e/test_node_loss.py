"""A node that is gone: its trial starts again elsewhere, and what the lost one still says is refused."""

from __future__ import annotations

import json
import signal
from typing import Any

from tests.cluster import layout, namespaces
from tests.cluster import target as clusters

from .sweeps import SCRIPT, Sweeps, choice, eventually, values_on_record

REPORTS = 150
UNREACHABLE = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
    "tolerationSeconds": 2,
}


def template(sweeps: Sweeps) -> dict[str, Any]:
    """A trial that would rather run on the second node."""
    wanted = [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-2"]}]
    preferred = [{"weight": 100, "preference": {"matchExpressions": wanted}}]
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", SCRIPT],
    }
    return {
        "spec": {
            "containers": [container],
            "tolerations": [UNREACHABLE],
            "affinity": {
                "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
            },
        }
    }


def refused_pushes(sweeps: Sweeps) -> float:
    path = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"
    text = sweeps.target.kubectl("get", "--raw", path)
    found = [
        line for line in text.splitlines() if line.startswith('sweepjob_pushes_total{code="410"}')
    ]
    return float(found[0].split()[-1]) if found else 0.0


def trial(sweeps: Sweeps) -> Any:
    return sweeps.trials("lost")[0]["status"]


def test_a_lost_node(sweeps: Sweeps, second_node: layout.Node) -> None:
    space = {"level": choice(0.5), "reports": choice(REPORTS), "pause": choice(0.2)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1})
    spec["trial"] = {"template": template(sweeps), "stopGracePeriodSeconds": 1}
    sweeps.apply("lost", spec)
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
    eventually(lambda: "is taken for lost" in sweeps.kubectl(*events), 10, "an event says so")
    eventually(lambda: trial(sweeps)["phase"] == "Running", 60, "it runs elsewhere")
    namespaces.send(second_node, signal.SIGCONT)
    eventually(lambda: refused_pushes(sweeps) > before, 60, "what the lost one reports is refused")
    status = sweeps.await_end("lost")["status"]
    assert (status["trials"]["succeeded"], status["trials"]["failed"]) == (1, 0)
    record = sweeps.trials("lost")[0]
    assert record["status"].get("failures", 0) == 0
    assert values_on_record(record) == [round(0.5 + n / 1000, 3) for n in range(1, REPORTS + 1)]
    assert json.loads(record["spec"]["assignment"])["level"] == 0.5
    jobs = sweeps.kubectl("get", "jobs", "-o", "name").split()
    assert jobs == ["job.batch/lost-0-2"]
