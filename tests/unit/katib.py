"""Experiments of Katib's, written for the tests."""

from __future__ import annotations

import copy
from typing import Any

from sweepjob.api.parsing.problem import Problem
from sweepjob.loading.azure import Conversion, ConversionError, ConversionOptions
from sweepjob.loading.katib import convert_experiment

JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "main",
                        "image": "registry.example/i:1",
                        "command": ["python", "a.py", "--lr=${trialParameters.rate}"],
                    }
                ],
                "restartPolicy": "Never",
            }
        }
    },
}
CONTAINERS = "trialTemplate.trialSpec.spec.template.spec.containers"
POD = JOB["spec"]["template"]
EXPERIMENT: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "Experiment",
    "metadata": {"name": "good", "namespace": "team"},
    "spec": {
        "objective": {"type": "minimize", "objectiveMetricName": "loss"},
        "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 2,
        "maxTrialCount": 6,
        "parameters": [
            {
                "name": "lr",
                "parameterType": "double",
                "feasibleSpace": {"min": "0.01", "max": "0.5"},
            }
        ],
        "trialTemplate": {
            "primaryContainerName": "main",
            "trialParameters": [{"name": "rate", "reference": "lr"}],
            "trialSpec": JOB,
        },
    },
}


def experiment(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the valid Experiment with dotted keys of its spec replaced, or removed by None."""
    data = copy.deepcopy(EXPERIMENT)
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        node: Any = data["spec"]
        for key in parents:
            node = node[int(key)] if key.isdecimal() else node.setdefault(key, {})
        if value is None:
            del node[last]
        elif last.isdecimal():
            node[int(last)] = value
        else:
            node[last] = value
    return data


def converted(data: dict[str, Any], **options: Any) -> Conversion:
    return convert_experiment(copy.deepcopy(data), ConversionOptions(**options), "file")


def refusals(data: dict[str, Any], **options: Any) -> list[Problem]:
    try:
        converted(data, **options)
    except ConversionError as error:
        return error.problems
    return []


def outcome(data: dict[str, Any]) -> tuple[Any, list[str]]:
    """Return the SweepJob and what was said, or None and the refusals."""
    try:
        found = converted(data)
        return found.manifest, [str(note) for note in found.notes]
    except ConversionError as error:
        return None, [str(problem) for problem in error.problems]


def mpi_job(*words: str) -> dict[str, Any]:
    launcher = copy.deepcopy(POD)
    launcher["spec"]["containers"][0]["command"] = [*words, "python", "${trialParameters.rate}"]
    worker = copy.deepcopy(POD)
    del worker["spec"]["containers"][0]["command"]
    specs = {
        "Launcher": {"replicas": 1, "template": launcher},
        "Worker": {"replicas": 2, "template": worker},
    }
    spec = {"slotsPerWorker": 2, "mpiReplicaSpecs": specs}
    return {"apiVersion": "kubeflow.org/v1", "kind": "MPIJob", "spec": spec}
