"""What shares a node, a namespace or a pod with a trial: other trials, quotas, containers, what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually

PUSH = """
import os, time, urllib.request
for i in range(4):
    url = "http://" + os.environ["SWEEPJOB_PUSHGATEWAY"] + "/metrics/job/x"
    body = b"score " + os.environ["AZUREML_SWEEP_x"].encode() + bytes([10])
    urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"))
    time.sleep(1)
"""
WRITE = "print('{\"score\": 0.5}', file=open('/metrics/metrics.jsonl', 'a'))"
ONE = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
FILE = {"source": "file"}
SMALL = {"limits": {"cpu": "1", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}}


@pytest.fixture
def open_sweeps(target: Target, request: pytest.FixtureRequest) -> Iterator[Sweeps]:
    """Sweeps in a namespace of the test's own, without a Pod Security standard."""
    name = request.node.name.replace("_", "-")[:40].rstrip("-")
    target.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait")
    target.kubectl("create", "namespace", name)
    yield Sweeps(target, name)
    target.kubectl("delete", "namespace", name, "--wait=false")


def make(sweeps: Sweeps, kind: str, name: str, spec: dict[str, Any]) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(body))


def python(sweeps: Sweeps, script: str, name: str = "trainer", **more: Any) -> dict[str, Any]:
    image = sweeps.target.images["trainer"]
    return {"name": name, "image": image, "command": ["python", "-c", script], **more}


def template(*containers: dict[str, Any], **pod: Any) -> dict[str, Any]:
    """In place of the short form that a spec has."""
    return {"template": {"spec": {"containers": list(containers), **pod}}}


def apply(sweeps: Sweeps, name: str, trial: dict[str, Any], **changes: Any) -> None:
    spec = sweeps.spec({"x": choice(1)}, **{"limits": ONE, "metrics": FILE, **changes})
    spec["trial"] = trial
    sweeps.apply(name, spec)


def trial_when(sweeps: Sweeps, name: str, reason: str) -> Any:
    def found() -> Any:
        [trial] = sweeps.trials(name)
        return trial if trial["status"].get("reason") == reason else None

    return eventually(found, 60, f"the trial of {name} is {reason}")


def await_blocked(sweeps: Sweeps, name: str, reason: str) -> None:
    """The status of a sweep is written a moment after that of its trial."""

    def is_blocked() -> bool:
        status = sweeps.sweep(name)["status"]
        return (status["phase"], status["reason"]) == ("Blocked", reason)

    eventually(is_blocked, 10, f"{name} is blocked: {reason}")


def test_two_trials_with_host_network(open_sweeps: Sweeps) -> None:
    trial = template(python(open_sweeps, PUSH), hostNetwork=True)
    space, both = {"x": choice(0.25, 0.75)}, {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    spec = open_sweeps.spec(space, samplingAlgorithm={"type": "grid"}, limits=both)
    spec["samplingAlgorithm"] = {"type": "grid"}
    open_sweeps.apply("hostnet", {**spec, "metrics": {"source": "pushgateway"}, "trial": trial})
    assert open_sweeps.await_end("hostnet")["status"]["phase"] == "Complete"
    for record in open_sweeps.trials("hostnet"):
        own = json.loads(record["spec"]["assignment"])["x"]
        values = [float(v) for v in record["status"]["curve"]["values"].split()]
        assert values == [own] * len(values), "only its own"
        assert values


def test_a_quota_on_limits(open_sweeps: Sweeps) -> None:
    make(open_sweeps, "ResourceQuota", "q", {"hard": {"limits.cpu": "4", "limits.memory": "4Gi"}})
    apply(open_sweeps, "quota", template(python(open_sweeps, WRITE, resources=SMALL)))
    assert open_sweeps.await_end("quota")["status"]["phase"] == "Complete"
    assert "limits.cpu=500m" in open_sweeps.condition("quota", "Accepted")["message"]


def test_a_minimum_of_a_limit_range(open_sweeps: Sweeps) -> None:
    least, most = {"cpu": "100m", "memory": "32Mi"}, {"cpu": "4", "memory": "4Gi"}
    item = {"type": "Container", "min": least, "max": most, "maxLimitRequestRatio": {"cpu": "10"}}
    make(open_sweeps, "LimitRange", "lr", {"limits": [item]})
    apply(open_sweeps, "least", template(python(open_sweeps, WRITE, resources=SMALL)))
    assert open_sweeps.await_end("least")["status"]["phase"] == "Complete"
    large = {"limits": {"cpu": "8", "memory": "256Mi"}}
    apply(open_sweeps, "most", template(python(open_sweeps, WRITE, resources=large)))
    record = trial_when(open_sweeps, "most", "LimitRangeViolated")
    assert (
        "set resources.limits.cpu of container 'trainer' to at most 4"
        in record["status"]["message"]
    )
    await_blocked(open_sweeps, "most", "LimitRangeViolated")
    columns = open_sweeps.kubectl("get", "sweepjob", "most").splitlines()
    assert columns[0].split()[:3] == ["NAME", "PHASE", "REASON"]
    assert columns[1].split()[:3] == ["most", "Blocked", "LimitRangeViolated"]


def test_a_container_that_outlives_the_trainer(sweeps: Sweeps) -> None:
    proxy = python(sweeps, "import time; time.sleep(3600)", "proxy")
    trial = {**template(python(sweeps, WRITE), proxy), "companionGracePeriodSeconds": 10}
    apply(sweeps, "side", {**trial, "stopGracePeriodSeconds": 1})
    held = trial_when(sweeps, "side", "ContainersOutliveTrainer")
    assert "Container 'proxy'" in held["status"]["message"]
    sweep = sweeps.await_end("side")
    assert sweep["status"]["phase"] == "Complete"
    [record] = sweeps.trials("side")
    assert record["status"]["phase"] == "Succeeded"
    assert record["status"]["curve"]["best"] == "0.5"
    assert not sweeps.running_pods("side")


def test_a_script_that_fails_says_why(sweeps: Sweeps) -> None:
    apply(sweeps, "raises", template(python(sweeps, "raise ValueError('no column x')")))
    sweeps.await_end("raises")
    [record] = sweeps.trials("raises")
    assert record["status"]["reason"] == "TrainerFailed"
    assert record["status"]["message"].endswith("ValueError: no column x")


MISSING = [
    (
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "no", "key": "k"}}}]},
        {},
        "SecretNotFound",
    ),
    ({}, {"volumes": [{"name": "v", "configMap": {"name": "no"}}]}, "ConfigMapNotFound"),
    (
        {},
        {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "no"}}]},
        "PersistentVolumeClaimNotFound",
    ),
    ({}, {"serviceAccountName": "no"}, "ServiceAccountNotFound"),
    ({}, {"priorityClassName": "no"}, "PriorityClassNotFound"),
]


def test_missing_objects_are_named_in_the_status(sweeps: Sweeps) -> None:
    for number, (container, pod, _) in enumerate(MISSING):
        mounts = [{"name": v["name"], "mountPath": "/v"} for v in pod.get("volumes", [])]
        own = python(sweeps, WRITE, **container, volumeMounts=mounts)
        apply(sweeps, f"missing-{number}", template(own, **pod))
    for number, (_, _, reason) in enumerate(MISSING):
        record = trial_when(sweeps, f"missing-{number}", reason)
        assert "'no' does not exist" in record["status"]["message"]
        await_blocked(sweeps, f"missing-{number}", reason)
        sweeps.kubectl("delete", "sweepjob", f"missing-{number}", "--wait=false")
