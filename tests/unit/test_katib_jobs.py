"""Tests the conversion of the Jobs and training jobs of Katib's trials."""

from __future__ import annotations

import copy
from typing import Any

from .katib import CONTAINERS, JOB, POD, converted, experiment, mpi_job


def replicas(**counts: int) -> dict[str, Any]:
    return {role: {"replicas": count, "template": POD} for role, count in counts.items()}


def test_a_pytorchjob_is_a_trial_of_several_pods() -> None:
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "spec": {"pytorchReplicaSpecs": replicas(Master=1, Worker=3), "nprocPerNode": "2"},
    }
    trial = converted(experiment({"trialTemplate.trialSpec": job})).manifest["spec"]["trial"]
    assert trial["instanceCount"] == 4
    assert trial["distribution"] == {"type": "pytorch", "processCountPerInstance": 2}


def test_a_tfjob_has_workers() -> None:
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "spec": {"tfReplicaSpecs": replicas(Worker=2)},
    }
    trial = converted(experiment({"trialTemplate.trialSpec": job})).manifest["spec"]["trial"]
    assert (trial["instanceCount"], trial["distribution"]) == (2, {"type": "tensorflow"})


def test_an_mpijob_has_the_command_that_mpirun_starts() -> None:
    job = mpi_job("mpirun", "-np", "4", "--allow-run-as-root", "-mca", "btl", "^openib")
    found = converted(experiment({"trialTemplate.trialSpec": job}))
    trial = found.manifest["spec"]["trial"]
    container = trial["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "${{search_space.lr}}"]
    assert trial["distribution"]["processCountPerInstance"] == 2
    assert any("ssh-privatekey" in note.message for note in found.notes)
    assert any("^openib" in str(note.value) for note in found.notes)


def test_metadata_of_the_trial_is_replaced() -> None:
    container = {
        "name": "main",
        "image": "registry.example/i:1",
        "args": ["${trialParameters.name}", "${trialParameters.space}", "${trialParameters.label}"],
        "env": [{"name": "N", "value": "${trialParameters.name}"}],
    }
    parameters = [
        {"name": "name", "reference": "${trialSpec.Name}"},
        {"name": "space", "reference": "${trialSpec.Namespace}"},
        {"name": "label", "reference": "${trialSpec.Labels[k]}"},
    ]
    job = {**copy.deepcopy(JOB), "metadata": {"labels": {"k": "v"}}}
    data = experiment(
        {
            "trialTemplate.trialSpec": job,
            "trialTemplate.trialParameters": parameters,
            f"{CONTAINERS}.0": container,
        }
    )
    pod = converted(data).manifest["spec"]["trial"]["template"]["spec"]
    assert pod["containers"][0]["args"] == ["$(SWEEPJOB_TRIAL)", "team", "v"]
    field = pod["containers"][0]["env"][0]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.labels['sweepjob.dev/trial']"


def test_the_primary_container_is_the_first_one() -> None:
    proxy = {"name": "proxy", "image": "registry.example/p:1"}
    main = copy.deepcopy(POD["spec"]["containers"][0])
    found = converted(experiment({CONTAINERS: [proxy, main]}))
    names = [c["name"] for c in found.manifest["spec"]["trial"]["template"]["spec"]["containers"]]
    assert names == ["main", "proxy"]
    assert any(note.value == "main" for note in found.notes)


def test_a_queue_of_the_job_is_a_label_of_the_sweepjob() -> None:
    job = {**copy.deepcopy(JOB), "metadata": {"labels": {"kueue.x-k8s.io/queue-name": "gpus"}}}
    found = converted(experiment({"trialTemplate.trialSpec": job}))
    assert found.manifest["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "gpus"}
