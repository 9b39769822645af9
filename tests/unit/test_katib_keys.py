"""Tests that no key of one of Katib's Experiments is dropped without a word."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from .katib import outcome

# Every key of v1beta1's types. Where a key has alternatives, a file has one of them.
FULL: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "Experiment",
    "metadata": {
        "name": "full",
        "namespace": "team",
        "labels": {"team": "a"},
        "annotations": {"why": "b"},
        "uid": "1",
        "resourceVersion": "2",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [1],
        "finalizers": ["f"],
        "ownerReferences": [1],
    },
    "spec": {
        "objective": {
            "type": "minimize",
            "goal": 0.1,
            "objectiveMetricName": "loss",
            "additionalMetricNames": ["accuracy"],
            "metricStrategies": [
                {"name": "loss", "value": "min"},
                {"name": "accuracy", "value": "max"},
            ],
        },
        "algorithm": {
            "algorithmName": "tpe",
            "algorithmSettings": [
                {"name": "random_state", "value": "3"},
                {"name": "gamma", "value": "0.2"},
            ],
        },
        "earlyStopping": {
            "algorithmName": "medianstop",
            "algorithmSettings": [
                {"name": "min_trials_required", "value": "2"},
                {"name": "start_step", "value": "5"},
            ],
        },
        "parallelTrialCount": 2,
        "maxTrialCount": 9,
        "maxFailedTrialCount": 3,
        "resumePolicy": "FromVolume",
        "metricsCollectorSpec": {
            "collector": {"kind": "StdOut"},
            "source": {"filter": {"metricsFormat": [r"([\w-]+) is ([0-9.]+)"]}},
        },
        "parameters": [
            {
                "name": "lr",
                "parameterType": "double",
                "feasibleSpace": {
                    "min": "0.2",
                    "max": "0.8",
                    "step": "0.2",
                    "distribution": "logUniform",
                },
            },
            {
                "name": "optimizer",
                "parameterType": "categorical",
                "feasibleSpace": {"list": ["sgd", "adam"]},
            },
        ],
        "trialTemplate": {
            "retain": True,
            "primaryPodLabels": {"a": "b"},
            "primaryContainerName": "main",
            "trialParameters": [
                {"name": "rate", "description": "d", "reference": "lr"},
                {"name": "optimizer", "description": "d", "reference": "optimizer"},
            ],
            "trialSpec": {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"labels": {"x": "y"}, "annotations": {"x": "y"}, "name": "n"},
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 100,
                    "ttlSecondsAfterFinished": 5,
                    "suspend": True,
                    "template": {
                        "metadata": {"labels": {"pod": "label"}},
                        "spec": {
                            "restartPolicy": "OnFailure",
                            "nodeSelector": {"gpu": "yes"},
                            "containers": [
                                {"name": "logger", "image": "registry.example/l:1"},
                                {
                                    "name": "main",
                                    "image": "registry.example/i:1",
                                    "command": ["python", "${trialParameters.optimizer}"],
                                    "args": ["--lr=${trialParameters.rate}"],
                                },
                            ],
                        },
                    },
                },
            },
        },
    },
    "status": {"trials": 3},
}


def _manifest_file() -> dict[str, Any]:
    """Return a file with every key that a trial of another kind has."""
    data = copy.deepcopy(FULL)
    template = data["spec"]["trialTemplate"]
    template["successCondition"] = 'status.conditions.#(type=="Done")#|#(status=="True")#'
    template["failureCondition"] = 'status.[@this].#(phase=="Broken")#'
    containers = template["trialSpec"]["spec"]["template"]["spec"]["containers"]
    pods = {"metadata": {"labels": {"p": "q"}}, "spec": {"containers": containers}}
    roles = {"Master": {"replicas": 1, "restartPolicy": "Never", "template": pods}}
    template["trialSpec"] = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "XGBoostJob",
        "metadata": {
            "name": "n",
            "generateName": "n-",
            "namespace": "team",
            "labels": {"x": "y", "kueue.x-k8s.io/queue-name": "gpus"},
            "annotations": {"x": "y"},
        },
        "spec": {"runPolicy": {"backoffLimit": 2}, "xgbReplicaSpecs": roles},
        "status": {"a": 1},
    }
    return data


MANIFEST = _manifest_file()
FILES = {"Job": FULL, "manifest": MANIFEST}
# The type says what the value means, so that the file is the same without it, or refused.
SAME_WITHOUT = {
    "spec.metricsCollectorSpec.collector",
    "spec.metricsCollectorSpec.collector.kind",
}


def paths(
    node: Any, path: str = "", parts: tuple[Any, ...] = ()
) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the path of every key and item."""
    if isinstance(node, dict):
        steps = [(f"{path}.{key}".strip("."), key) for key in node]
    else:
        steps = [(f"{path}[{n}]", n) for n in range(len(node))] if isinstance(node, list) else []
    found = []
    for name, key in steps:
        found += [(name, (*parts, key)), *paths(node[key], name, (*parts, key))]
    return found


WALK = [(kind, *found) for kind, data in FILES.items() for found in paths(data)]
IDS = [f"{kind}-{name}" for kind, name, _ in WALK]


@pytest.mark.parametrize("kind", FILES)
def test_the_full_experiment_is_converted(kind: str) -> None:
    assert outcome(FILES[kind])[0] is not None, outcome(FILES[kind])


@pytest.mark.parametrize(("kind", "path", "parts"), WALK, ids=IDS)
def test_no_key_is_dropped_silently(kind: str, path: str, parts: tuple[Any, ...]) -> None:
    """Without a key, the SweepJob, the notes or the refusals are others."""
    data = copy.deepcopy(FILES[kind])
    node: Any = data
    for part in parts[:-1]:
        node = node[part]
    del node[parts[-1]]
    assert (outcome(data) == outcome(FILES[kind])) == (path in SAME_WITHOUT), path


@pytest.mark.parametrize(("path", "parts"), paths(FULL), ids=[name for name, _ in paths(FULL)])
def test_an_unknown_key_is_refused(path: str, parts: tuple[Any, ...]) -> None:
    """Beside every key of Katib's own objects."""
    data = copy.deepcopy(FULL)
    node: Any = data
    for part in parts[:-1]:
        node = node[part]
    free = ("labels", "annotations", "nodeSelector", "primaryPodLabels", "status", "managedFields")
    if isinstance(node, list) or any(part in (*free, "containers") for part in parts[:-1]):
        return
    if parts[:-1][-2:] == ("template", "spec") or (
        parts[-2:-1] == ("metadata",) and "template" in parts
    ):
        return  # the pod's own keys are carried over whatever they are
    node["surprise"] = {"a": 1}
    found, said = outcome(data)
    assert found is None
    assert any("surprise" in line for line in said), said
