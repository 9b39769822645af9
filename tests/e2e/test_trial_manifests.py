"""Trials of other kinds than Job: JobSets of the real controller, and a kind that was invented here."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster import jobset
from tests.cluster import target as clusters
from tests.cluster.console import ClusterError

from .pod_security import RESTRICTED
from .sweeps import Sweeps, choice, eventually, values_on_record
from .training_scripts import SCRIPT

KINDS = [
    {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "resource": "jobsets"},
    {
        "apiVersion": "example.com/v1",
        "kind": "Training",
        "resource": "trainings",
        "podLabel": "example.com/training",
        "primaryPodLabels": {"example.com/role": "main"},
    },
]
BANDIT = {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "trainings.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Training", "plural": "trainings", "singular": "training"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def kinds(sweeps: Sweeps) -> Iterator[Sweeps]:
    """The operator with both kinds allowed, before the second one exists."""
    if sweeps.target.built_in is None:
        pytest.skip(
            "installs a JobSet controller of its own, which is for the built-in cluster only"
        )
    jobset.install(sweeps.target)
    clusters.install(sweeps.target, "--set-json", f"trialKinds={json.dumps(KINDS)}")
    yield sweeps
    clusters.install(sweeps.target, "--set-json", "trialKinds=[]")
    sweeps.target.kubectl("delete", "crd", "trainings.example.com", "--ignore-not-found")
    jobset.uninstall(sweeps.target)


def jobset_trial(sweeps: Sweeps) -> dict[str, Any]:
    """A leader that reports, and two workers that work until they are ended."""

    def job(name: str, replicas: int, pod: dict[str, Any]) -> dict[str, Any]:
        spec = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", **pod}}}
        return {"name": name, "replicas": replicas, "template": {"spec": spec}}

    image = sweeps.target.images["trainer"]
    gpu = {"limits": {"nvidia.com/gpu": 1}}
    leader = {"name": "trainer", "image": image, "command": ["python", "-c", SCRIPT]}
    worker = {
        "name": "worker",
        "image": image,
        "command": ["python", "-c", "import time; time.sleep(600)"],
        "securityContext": RESTRICTED,
    }
    reports = "${{search_space.reports}}"
    return {
        "manifest": {
            "apiVersion": "jobset.x-k8s.io/v1alpha2",
            "kind": "JobSet",
            "metadata": {
                "labels": {"reports": f"r{reports}"},
                "annotations": {"of": "${{trial.name}}"},
            },
            "spec": {
                "successPolicy": {"operator": "All", "targetReplicatedJobs": ["leader"]},
                "failurePolicy": {"maxRestarts": 0},
                "replicatedJobs": [
                    job("leader", 1, {"containers": [{**leader, "resources": gpu}]}),
                    job("worker", 2, {"containers": [worker]}),
                ],
            },
        },
        "podTemplatePath": "spec.replicatedJobs[0].template.spec.template",
        "stopGracePeriodSeconds": 1,
        "maxRetries": 1,
    }


def jobset_spec(
    sweeps: Sweeps, space: dict[str, Any], total: int, **changes: Any
) -> dict[str, Any]:
    limits = {"maxTotalTrials": total, "maxConcurrentTrials": 2}
    spec = sweeps.spec(space, limits=limits, **changes)
    return {**spec, "trial": jobset_trial(sweeps)}


def test_jobsets_with_early_stopping(kinds: Sweeps) -> None:
    # A trial ahead of the best is not stopped: the worse one is slower.
    cases = {"level": 0.9, "pause": 0.2}, {"level": 0.1, "pause": 0.5}
    space = {"case": choice(*cases), "reports": choice(25)}
    algorithm = {"type": "grid", "seed": 1}
    kinds.apply(
        "sets",
        jobset_spec(kinds, space, 2, samplingAlgorithm=algorithm, earlyTermination=BANDIT),
    )
    eventually(lambda: len(kinds.running_pods("sets")) == 6, 60, "both trials run with three pods")
    made = kinds.get("jobsets.jobset.x-k8s.io", "sets-0")
    assert made["metadata"]["labels"]["reports"] == "r25"
    assert made["metadata"]["annotations"]["of"] == "sets-0"
    kinds.await_end("sets", 120)
    best, stopped = kinds.trials("sets")
    assert best["status"]["phase"] == "Succeeded", best["status"]
    assert best["status"]["message"] == "its JobSet succeeded"
    assert float(best["status"]["curve"]["best"]) == 0.925
    assert len(values_on_record(best)) == 25
    assert stopped["status"]["phase"] == "EarlyStopped", stopped["status"]
    assert not kinds.running_pods("sets"), "no pod outlives its trial"
    left = [j["metadata"]["name"] for j in kinds.get("jobsets.jobset.x-k8s.io")["items"]]
    assert "sets-1" not in left, "the object of a stopped trial is deleted"
    gpu = best["status"]["gpuSeconds"]
    assert gpu["count"] == "1", "the leader's"
    assert 5 <= float(gpu["used"]) <= 30


def test_a_jobset_that_fails_is_tried_again(kinds: Sweeps) -> None:
    space = {"level": choice(0.5), "reports": choice(3), "fail": choice(1)}
    kinds.apply("failing", jobset_spec(kinds, space, 1))
    kinds.await_end("failing", 90)
    (trial,) = kinds.trials("failing")
    status = trial["status"]
    assert (status["phase"], status["attempt"], status["failures"]) == ("Failed", 2, 1), status
    assert "the trainer ended with exit code 3" in status["message"]
    assert "its JobSet failed" in status["message"]
    assert not kinds.running_pods("failing")


def test_a_jobset_that_somebody_deletes_cancels_the_trial(kinds: Sweeps) -> None:
    space = {"level": choice(0.5), "reports": choice(200)}
    kinds.apply("deleted", jobset_spec(kinds, space, 1))
    kinds.await_reports("deleted", 1)
    kinds.kubectl("delete", "jobsets.jobset.x-k8s.io", "deleted-0", "--wait=false")
    kinds.await_end("deleted", 60)
    (trial,) = kinds.trials("deleted")
    assert trial["status"]["phase"] == "Canceled", trial["status"]
    assert trial["status"]["message"].startswith("its JobSet was deleted by another client")
    assert not kinds.running_pods("deleted")


def training(sweeps: Sweeps) -> dict[str, Any]:
    """A sweep of a kind without a pod template, whose trials print their reports."""
    space = {"level": choice(0.3, 0.6)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2})
    spec["samplingAlgorithm"] = {"type": "grid"}
    spec["metrics"] = {"source": "logs"}
    spec["trial"] = {
        "manifest": {
            "apiVersion": "example.com/v1",
            "kind": "Training",
            "spec": {"rate": "${{search_space.level}}", "of": "${{trial.object}}"},
        },
        "successCondition": "status.stages.exists(s, s.name == 'train' && s.state == 'Done')",
        "failureCondition": "has(status.error)",
    }
    return spec


class TrainingController:
    """The controller of the invented kind: two pods for each object, of which one is the main one.

    The pods carry its own labels only.
    """

    def __init__(self, sweeps: Sweeps) -> None:
        self._sweeps = sweeps
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> TrainingController:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._over.wait(0.5):
            try:
                for body in self._sweeps.get("trainings.example.com")["items"]:
                    self._reconcile(body)
            except (ClusterError, KeyError):
                continue

    def _reconcile(self, body: dict[str, Any]) -> None:
        name = body["metadata"]["name"]
        listed = self._sweeps.get("pods", "-l", f"example.com/training={name}")["items"]
        if not listed and "deletionTimestamp" not in body["metadata"]:
            for role in ("main", "side"):
                self._create_pod(body, role)
            return
        phases = {p["metadata"]["labels"]["example.com/role"]: p["status"]["phase"] for p in listed}
        if set(phases.values()) == {"Succeeded"} and "status" not in body:
            status = {"stages": [{"name": "train", "state": "Done"}]}
            patch = json.dumps({"status": status})
            self._sweeps.kubectl(
                *("patch", "trainings.example.com", name, "--subresource=status"),
                *("--type=merge", "-p", patch),
            )

    def _create_pod(self, body: dict[str, Any], role: str) -> None:
        meta, rate = body["metadata"], float(body["spec"]["rate"])
        script = f"for n in range(1, 6): print('score:', {rate} + n / 1000 + {role == 'side':d})"
        container = {
            "name": "train",
            "image": self._sweeps.target.images["trainer"],
            "command": ["python", "-c", script],
            "securityContext": RESTRICTED,
        }
        owner = {"apiVersion": body["apiVersion"], "kind": body["kind"], "controller": True}
        owner |= {"name": meta["name"], "uid": meta["uid"], "blockOwnerDeletion": True}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{meta['name']}-{role}",
                "labels": {"example.com/training": meta["name"], "example.com/role": role},
                "ownerReferences": [owner],
            },
            "spec": {"restartPolicy": "Never", "containers": [container]},
        }
        self._sweeps.kubectl("create", "-f", "-", stdin=json.dumps(pod))


def test_a_kind_that_is_served_later_and_its_pods_by_a_label(kinds: Sweeps) -> None:
    kinds.apply("invented", training(kinds))
    condition = eventually(
        lambda: kinds.condition("invented", "Accepted") or None,
        30,
        "the sweep says what it waits for",
    )
    assert condition["reason"] == "TrialKindNotServed", condition
    assert "the API server does not know Training (example.com/v1)" in condition["message"]
    kinds.target.kubectl("apply", "-f", "-", stdin=json.dumps(CRD))
    with TrainingController(kinds):
        kinds.await_end("invented", 90)
    for trial, level in zip(kinds.trials("invented"), (0.3, 0.6), strict=True):
        assert trial["status"]["phase"] == "Succeeded", trial["status"]
        expected = [round(level + n / 1000, 3) for n in range(1, 6)]
        assert values_on_record(trial) == expected, "those of the main pod"


def test_a_kind_that_the_chart_does_not_list_is_refused(kinds: Sweeps) -> None:
    spec = copy.deepcopy(training(kinds))
    spec["trial"]["manifest"]["kind"] = "Other"
    kinds.apply("other", spec)
    condition = eventually(
        lambda: kinds.condition("other", "Accepted") or None, 30, "it is refused"
    )
    assert condition["reason"] == "TrialKindNotAllowed", condition
    assert "JobSet (jobset.x-k8s.io/v1alpha2)" in condition["message"]
    assert kinds.sweep("other")["status"]["phase"] == "Invalid"


def test_the_operator_has_the_permissions_of_these_kinds_only(kinds: Sweeps) -> None:
    def may(verb: str, resource: str) -> bool:
        try:
            said = kinds.kubectl(
                *("auth", "can-i", verb, resource),
                f"--as=system:serviceaccount:{clusters.SYSTEM}:sweepjob",
            )
        except ClusterError:
            return False
        return said.strip() == "yes"

    for verb in ("get", "list", "watch", "create", "delete"):
        assert may(verb, "jobsets.jobset.x-k8s.io"), verb
    for verb in ("update", "patch", "deletecollection"):
        assert not may(verb, "jobsets.jobset.x-k8s.io"), verb
    assert not may("update", "jobsets.jobset.x-k8s.io/status")
    assert not may("create", "deployments.apps")


def test_tenants_need_the_permission_on_the_kind(kinds: Sweeps) -> None:
    ask = _policy(kinds)
    sets, trainings = jobset_spec(kinds, {"x": choice(1)}, 1), training(kinds)
    said = eventually(lambda: ask("tenant", sets), 60, "the policy is in force")
    assert "may not create them in namespace" in said
    assert ask("owner", sets) == "", "the permission on the kind suffices"
    assert "user 'owner' may not create them" in ask("owner", trainings)
    other = copy.deepcopy(sets)
    other["trial"]["manifest"]["apiVersion"] = "jobset.x-k8s.io/v1"
    assert "does not list the kind" in ask("owner", other)


def _policy(sweeps: Sweeps) -> Callable[[str, dict[str, Any]], str]:
    """Return what admission says about a spec of a user's; empty when it is taken."""
    target, namespace = sweeps.target, sweeps.namespace
    selector = f"tenancy.namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name={namespace}"
    policy = target.helm(
        *("template", "kinds-sweepjob", str(clusters.CHART), "-s", "templates/tenancy.yaml"),
        *("--set", f"tenancy.enabled=true,{selector}"),
        *("--set-json", f"trialKinds={json.dumps(KINDS)}"),
    )
    target.kubectl("apply", "-f", "-", stdin=policy)
    for user, resource in (
        *(("tenant", "sweepjobs.sweepjob.dev"), ("owner", "sweepjobs.sweepjob.dev")),
        ("owner", "jobsets.jobset.x-k8s.io"),
    ):
        name = f"{user}-{resource.partition('.')[0]}"
        sweeps.kubectl("create", "role", name, "--verb=create", f"--resource={resource}")
        sweeps.kubectl("create", "rolebinding", name, f"--role={name}", f"--user={user}")

    def ask(user: str, spec: dict[str, Any]) -> str:
        body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "spec": spec}
        body["metadata"] = {"name": "asked", "namespace": namespace}
        try:
            target.kubectl(
                *("create", "-f", "-", "--dry-run=server", f"--as={user}"), stdin=json.dumps(body)
            )
        except ClusterError as error:
            return str(error)
        return ""

    return ask
