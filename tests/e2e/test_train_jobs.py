"""Trials that are TrainJobs, with the real controllers of Kubeflow Trainer and JobSet."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import jobset, trainer
from tests.cluster import target as clusters

from .pod_security import RESTRICTED
from .sweeps import Sweeps, choice, eventually, values_on_record

TRAIN_JOBS = "trainjobs.trainer.kubeflow.org"
KINDS = [
    {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "resource": "trainjobs",
        "podLabel": "jobset.sigs.k8s.io/jobset-name",
        "primaryPodLabels": {"jobset.sigs.k8s.io/replicatedjob-name": "node"},
    },
    # Between a TrainJob and its pods.
    {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "resource": "jobsets"},
]
# All ranks print, and only what rank 0 prints is the trial's.
SCRIPT = """
import os, sys, time
level, reports, fails = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rank, nodes = int(os.environ["PET_NODE_RANK"]), int(os.environ["PET_NNODES"])
assert nodes == int(os.environ["NODES"]), nodes
for n in range(1, reports + 1):
    print("score:", round(level + n / 1000, 3) if rank == 0 else 1000 + rank, flush=True)
    time.sleep(0.2 if level >= 0.5 else 0.5)
    if fails == rank and n == 2:
        sys.exit(3)
"""


@pytest.fixture(scope="module")
def train_jobs(sweeps: Sweeps) -> Iterator[Sweeps]:
    """The operator with TrainJobs allowed, and a runtime in the namespace."""
    target = sweeps.target
    if target.built_in is None:
        pytest.skip("installs controllers of its own, which is for the built-in cluster only")
    jobset.install(target)
    trainer.install(target)
    clusters.install(target, "--set-json", f"trialKinds={json.dumps(KINDS)}")
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(runtime(target.images["trainer"])))
    yield sweeps
    clusters.install(target, "--set-json", "trialKinds=[]")
    trainer.uninstall(target)
    jobset.uninstall(target)


def runtime(image: str) -> dict[str, Any]:
    """A TrainingRuntime of PyTorch, in the namespace of the test."""
    container = {"name": "node", "image": image, "securityContext": RESTRICTED}
    pod = {"containers": [container], "terminationGracePeriodSeconds": 2}
    step = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    job = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", **pod}}}
    node = {"name": "node", "template": {"metadata": {"labels": step}, "spec": job}}
    policy = {"numNodes": 1, "torch": {"numProcPerNode": 1}}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainingRuntime",
        "metadata": {"name": "small", "labels": {"trainer.kubeflow.org/framework": "torch"}},
        "spec": {
            "mlPolicy": policy,
            "template": {
                "spec": {"failurePolicy": {"maxRestarts": 0}, "replicatedJobs": [node]},
            },
        },
    }


def spec(
    sweeps: Sweeps, *cases: dict[str, Any], reports: int, fails: int = -1, **changes: Any
) -> dict[str, Any]:
    """A trial for each case of level and nodes."""
    names = ("case.level", "reports", "fails")
    limits = {"maxTotalTrials": len(cases), "maxConcurrentTrials": 2}
    space = {"case": choice(*cases), "reports": choice(reports), "fails": choice(fails)}
    made = sweeps.spec(space, limits=limits, **changes)
    made["samplingAlgorithm"] = {"type": "grid", "seed": 1}
    made["metrics"] = {"source": "logs"}
    made["trial"] = {
        "manifest": {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "spec": {
                "runtimeRef": {"name": "small", "kind": "TrainingRuntime"},
                "trainer": {
                    "numNodes": "${{search_space.case.nodes}}",
                    "command": ["python", "-c", SCRIPT],
                    "args": [f"${{{{search_space.{name}}}}}" for name in names],
                    "env": [{"name": "NODES", "value": "${{search_space.case.nodes}}"}],
                },
            },
        },
        "maxRetries": 1,
    }
    return made


def pods(sweeps: Sweeps, train_job: str) -> list[Any]:
    label = f"jobset.sigs.k8s.io/jobset-name={train_job}"
    listed: list[Any] = sweeps.get("pods", "-l", label)["items"]
    return listed


def test_train_jobs_of_a_swept_number_of_nodes_with_early_stopping(train_jobs: Sweeps) -> None:
    cases = {"level": 0.9, "nodes": 2}, {"level": 0.1, "nodes": 3}
    bandit = {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3}
    train_jobs.apply("nodes", spec(train_jobs, *cases, reports=25, earlyTermination=bandit))
    made = eventually(lambda: train_jobs.get(TRAIN_JOBS, "nodes-1"), 60, "both trials have started")
    assert made["spec"]["trainer"]["numNodes"] == 3, "a number"
    assert made["spec"]["trainer"]["args"] == ["0.1", "25", "-1"], "strings"
    eventually(lambda: len(pods(train_jobs, "nodes-1")) == 3, 60, "it has three pods")
    train_jobs.await_end("nodes", 150)
    best, stopped = train_jobs.trials("nodes")
    assert best["status"]["phase"] == "Succeeded", best["status"]
    assert best["status"]["message"] == "its TrainJob succeeded"
    assert values_on_record(best) == [round(0.9 + n / 1000, 3) for n in range(1, 26)]
    assert stopped["status"]["phase"] == "EarlyStopped", stopped["status"]
    left = [j["metadata"]["name"] for j in train_jobs.get(TRAIN_JOBS)["items"]]
    assert left == ["nodes-0"], "the object of a stopped trial is deleted"
    eventually(lambda: not pods(train_jobs, "nodes-1"), 10, "and its pods are, and stay so")
    time.sleep(3)
    assert not pods(train_jobs, "nodes-1"), "its controller has made new ones"


def test_a_train_job_that_fails_is_tried_again_and_names_its_pod(train_jobs: Sweeps) -> None:
    case = {"level": 0.5, "nodes": 2}
    train_jobs.apply("failing", spec(train_jobs, case, reports=8, fails=1))
    train_jobs.await_end("failing", 120)
    (trial,) = train_jobs.trials("failing")
    status = trial["status"]
    assert (status["phase"], status["attempt"], status["failures"]) == ("Failed", 2, 1), status
    assert "its TrainJob failed" in status["message"]
    assert status["message"].startswith("pod failing-0-r2-node-0-1-"), status["message"]
    assert "the trainer ended with exit code 3" in status["message"]


def test_a_number_that_is_none_is_refused_before_the_first_trial(train_jobs: Sweeps) -> None:
    train_jobs.apply("words", spec(train_jobs, {"level": 0.5, "nodes": "many"}, reports=3))
    condition = eventually(
        lambda: train_jobs.condition("words", "Accepted") or None, 30, "it is refused"
    )
    assert condition["status"] == "False", condition
    assert "spec.trainer.numNodes" in condition["message"], condition
