"""Trials of several pods on two nodes: a rendezvous of all processes, early stopping, and lost ranks."""

from __future__ import annotations

import json
from typing import Any

from sweepjob.timestamps import parse_time

from tests.cluster import layout
from tests.process_groups import RENDEZVOUS

from .sweeps import Sweeps, choice, eventually, values_on_record

# All processes of all ranks log, and only what the pod of rank 0 logs is the trial's.
SCRIPT = (
    RENDEZVOUS
    + """
import mlflow
attempt = int(os.environ["SWEEPJOB_ATTEMPT"])
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
with mlflow.start_run():
    for step in range(1, int(p["reports"]) + 1):
        total = all_reduce(rank)
        assert total == sum(range(world)), total
        value = round(p["level"] + step / 1000, 3)
        if node == 0 and rank == 0:
            mlflow.log_metric("score", value, step=step)
            print("report", step, value, flush=True)
        elif node:
            mlflow.log_metric("score", 1000.0 + rank, step=step)
        if attempt == 1 and p.get("fails") == node and step == 3:
            print("this rank fails", flush=True)
            os._exit(3)
        time.sleep(0.2 if p["level"] >= 0.5 else 0.4)  # a trial ahead of the best is not stopped
"""
)


def spec(sweeps: Sweeps, space: dict[str, Any], total: int, **changes: Any) -> dict[str, Any]:
    """Trials of two pods with two processes each, on different nodes."""
    apart = {"labelSelector": {"matchExpressions": [OWN]}, "topologyKey": "kubernetes.io/hostname"}
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", SCRIPT],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    pod = {
        "containers": [container],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 100, "podAffinityTerm": apart}
                ]
            }
        },
    }
    made = sweeps.spec(space, limits={"maxTotalTrials": total, "maxConcurrentTrials": 2}, **changes)
    made["trial"] = {
        "template": {"spec": pod},
        "instanceCount": 2,
        "distribution": {"type": "pytorch", "processCountPerInstance": 2},
        "stopGracePeriodSeconds": 1,
        "maxRetries": 1,
    }
    return made


OWN = {"key": "sweepjob.dev/sweep-uid", "operator": "Exists"}


def ranks(sweeps: Sweeps, name: str) -> dict[str, Any]:
    """The pods of a sweep by rank."""
    key = "batch.kubernetes.io/job-completion-index"
    return {pod["metadata"]["labels"][key]: pod for pod in sweeps.pods(name)}


def test_a_rendezvous_on_two_nodes_with_early_stopping(
    sweeps: Sweeps, second_node: layout.Node
) -> None:
    space = {"level": choice(0.9, 0.1), "reports": choice(25)}
    bandit = {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3}
    sweeps.apply(
        "group",
        spec(
            *(sweeps, space, 2),
            samplingAlgorithm={"type": "grid", "seed": 1},
            earlyTermination=bandit,
        ),
    )
    eventually(lambda: len(sweeps.running_pods("group")) >= 2, 60, "two pods run")
    sweeps.await_end("group", 90)
    best, stopped = sweeps.trials("group")
    assert best["status"]["phase"] == "Succeeded", best["status"]
    assert values_on_record(best) == sweeps.reported("group-0"), "rank 0 counts, and nobody else"
    assert float(best["status"]["curve"]["best"]) == 0.925
    assert stopped["status"]["phase"] == "EarlyStopped", stopped["status"]
    assert stopped["status"]["reason"] == "Bandit"
    assert not sweeps.running_pods("group"), "no pod outlives its trial"
    pods = sweeps.pods("group")
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2, "on two nodes"
    assert {t["status"]["gpuSeconds"]["count"] for t in (best, stopped)} == {"2"}
    check_gpu_seconds(best, [p for p in pods if p["metadata"]["name"].startswith("group-0-")])
    sweeps.kubectl("delete", "sweepjob", "group", "--wait=false")
    eventually(
        lambda: "sweepjob-group" not in sweeps.kubectl("get", "services", "-o", "name"),
        30,
        "its Service is gone",
    )


def check_gpu_seconds(trial: Any, pods: list[Any]) -> None:
    """They are summed over the pods."""
    assert len(pods) == 2
    held = 0.0
    for pod in pods:
        listed = [*pod["status"]["containerStatuses"], *pod["status"]["initContainerStatuses"]]
        ends = [parse_time(c["state"]["terminated"]["finishedAt"]) or 0.0 for c in listed]
        held += max(ends) - (parse_time(pod["status"]["startTime"]) or 0.0)
    assert abs(float(trial["status"]["gpuSeconds"]["used"]) - held) <= 2


def test_a_rank_that_fails_fails_the_attempt(sweeps: Sweeps, second_node: layout.Node) -> None:
    space = {"level": choice(0.5), "reports": choice(6), "fails": choice(1)}
    sweeps.apply("failing", spec(sweeps, space, 1))
    sweeps.await_end("failing", 90)
    (trial,) = sweeps.trials("failing")
    status = trial["status"]
    assert (status["phase"], status["attempt"], status["failures"]) == ("Succeeded", 2, 1), status
    assert status.get("disruptions", 0) == 0
    (ended,) = status["executions"]
    assert ended["reason"] == "TrainerFailed"
    # Rank 0 loses its connection a moment later: in the same second, it is not known which was first.
    assert "rank 1: the trainer ended with exit code 3" in ended["message"], ended
    first = 0 if ended["message"].startswith("rank 0: ") else 1
    assert ended["pod"].startswith(f"failing-0-{first}-"), ended


def test_a_rank_that_is_deleted_starts_all_again(sweeps: Sweeps, second_node: layout.Node) -> None:
    space = {"level": choice(0.5), "reports": choice(30)}
    sweeps.apply("deleted", spec(sweeps, space, 1))
    eventually(
        lambda: (sweeps.trials("deleted")[0]["status"].get("curve") or {}).get("values"),
        60,
        "it reports",
    )
    victim = ranks(sweeps, "deleted")["1"]["metadata"]["name"]
    sweeps.kubectl("delete", "pod", victim, "--wait=false")
    sweeps.await_end("deleted", 90)
    (trial,) = sweeps.trials("deleted")
    status = trial["status"]
    assert (status["phase"], status["attempt"]) == ("Succeeded", 2), json.dumps(status)
    assert (status.get("failures", 0), status["disruptions"]) == (0, 1)
    assert status["executions"][0]["reason"] == "PodDeleted"
    assert values_on_record(trial) == sweeps.reported("deleted-0-r2")
    assert not sweeps.running_pods("deleted")
