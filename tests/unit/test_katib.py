"""Tests the conversion of Katib's Experiments."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.katib import is_experiment
from sweepjob.loading.katib.metrics import named_groups
from sweepjob.search.space import Space

from .katib import EXPERIMENT, JOB, converted, experiment, outcome, refusals

CONTAINERS = "trialTemplate.trialSpec.spec.template.spec.containers"
POD = JOB["spec"]["template"]


def space_of(feasible: dict[str, Any], kind: str, algorithm: str = "random") -> Space:
    """Return the search space of an Experiment with one parameter."""
    parameter = {"name": "lr", "parameterType": kind, "feasibleSpace": feasible}
    data = experiment({"parameters": [parameter], "algorithm.algorithmName": algorithm})
    return parse_sweepjob(converted(data).manifest).space


def draws(space: Space, count: int = 400) -> list[Any]:
    """Return the values of the only parameter over its whole distribution."""
    expression = space.parameters.entries["lr"]
    return [expression.quantile((n + 0.5) / count) for n in range(count)]  # type: ignore[union-attr] # one kind here


def test_the_example_is_a_sweepjob() -> None:
    found = converted(EXPERIMENT)
    assert is_experiment(EXPERIMENT)
    assert found.manifest["metadata"] == {"name": "good", "namespace": "team"}
    container = found.manifest["spec"]["trial"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "a.py", "--lr=${{search_space.lr}}"]
    assert found.manifest["spec"]["trial"]["maxRetries"] == 6
    assert [note.path for note in found.notes] == ["spec.trialTemplate.trialSpec.spec.backoffLimit"]


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
                                {
                                    "name": "main",
                                    "image": "registry.example/i:1",
                                    "command": ["python", "${trialParameters.optimizer}"],
                                    "args": ["--lr=${trialParameters.rate}"],
                                }
                            ],
                        },
                    },
                },
            },
        },
    },
    "status": {"trials": 3},
}
# The type says what the value means, so that the file is the same without it, or refused.
SAME_WITHOUT = {
    "spec.trialTemplate.primaryContainerName",
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


WALK = paths(FULL)


def test_the_full_experiment_is_converted() -> None:
    assert outcome(FULL)[0] is not None, outcome(FULL)


@pytest.mark.parametrize(("path", "parts"), WALK, ids=[name for name, _ in WALK])
def test_no_key_is_dropped_silently(path: str, parts: tuple[Any, ...]) -> None:
    """Without a key, the SweepJob, the notes or the refusals are others."""
    data = copy.deepcopy(FULL)
    node: Any = data
    for part in parts[:-1]:
        node = node[part]
    del node[parts[-1]]
    assert (outcome(data) == outcome(FULL)) == (path in SAME_WITHOUT), path


@pytest.mark.parametrize(("path", "parts"), WALK, ids=[name for name, _ in WALK])
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


@given(st.integers(-50, 50), st.integers(0, 40), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_integers_are_those_of_katib(low: int, span: int, step: int) -> None:
    feasible = {"min": str(low), "max": str(low + span), "step": str(step)}
    expected = list(range(low, low + span + 1, step))
    assert sorted(set(draws(space_of(feasible, "int"), 3000))) == expected


@given(st.integers(-30, 30), st.integers(1, 60), st.sampled_from(["0.1", "0.05", "0.25", "0.3"]))
@settings(max_examples=60, deadline=None)
def test_doubles_with_a_step_are_those_of_katib(low: int, steps: int, step: str) -> None:
    first = Decimal(low) * Decimal("0.1")
    feasible = {"min": str(first), "max": str(first + steps * Decimal(step)), "step": step}
    expected = [float(first + n * Decimal(step)) for n in range(steps + 1)]
    assert sorted(set(draws(space_of(feasible, "double"), 5000))) == pytest.approx(
        expected, abs=1e-12
    )


@given(st.floats(1e-6, 1e3), st.floats(1.0, 1e4))
@settings(max_examples=60, deadline=None)
def test_logarithmic_doubles_stay_within_their_bounds(low: float, ratio: float) -> None:
    feasible = {"min": repr(low), "max": repr(low * ratio), "distribution": "logUniform"}
    values = draws(space_of(feasible, "double"))
    assert low * (1 - 1e-12) <= min(values)
    assert max(values) <= low * ratio * (1 + 1e-12)
    middle = draws(space_of(feasible, "double"), 1)[0]
    assert middle == pytest.approx((low * low * ratio) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 3), (32, 64), (1, 1000)])
def test_logarithmic_integers_are_min_to_max(low: int, high: int) -> None:
    feasible = {"min": str(low), "max": str(high), "distribution": "logUniform"}
    values = set(draws(space_of(feasible, "int"), 20000))
    assert min(values) == low
    assert max(values) == high
    assert all(isinstance(value, int) for value in values)


def test_a_normal_distribution_has_katibs_moments() -> None:
    feasible = {"min": "1", "max": "7", "distribution": "normal"}
    spec = converted(
        experiment(
            {"parameters.0": {"name": "lr", "parameterType": "double", "feasibleSpace": feasible}}
        )
    )
    assert spec.manifest["spec"]["searchSpace"]["lr"] == {"type": "normal", "mu": 4, "sigma": 1}
    assert any("no bounds" in note.message for note in spec.notes)


def test_a_grid_has_every_value_and_keeps_its_order() -> None:
    parameters = [
        {
            "name": "z",
            "parameterType": "double",
            "feasibleSpace": {"min": "0.1", "max": "0.4", "step": "0.1"},
        },
        {"name": "a-b", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "3"}},
    ]
    data = experiment(
        {
            "parameters": parameters,
            "algorithm.algorithmName": "grid",
            "trialTemplate.trialParameters.0.reference": "z",
        }
    )
    spec = converted(data).manifest["spec"]
    assert spec["searchSpace"]["z"]["values"] == [0.1, 0.2, 0.3, 0.4]
    assert spec["searchSpace"]["a_b"]["values"] == [1, 2, 3]
    assert spec["samplingAlgorithm"] == {"type": "grid", "order": ["z", "a_b"]}


def test_discrete_values_reach_the_script_as_written() -> None:
    found = space_of({"list": ["0.10", "2", "1e-3"]}, "discrete").parameters.entries["lr"]
    assert found.values == ("0.10", 2, "1e-3")  # type: ignore[union-attr] # one kind here


def test_hyperband_is_asha_with_the_largest_resource() -> None:
    parameters = [
        EXPERIMENT["spec"]["parameters"][0],
        {"name": "epochs", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "27"}},
    ]
    algorithm = {
        "algorithmName": "hyperband",
        "algorithmSettings": [
            {"name": "r_l", "value": "27"},
            {"name": "eta", "value": "3"},
            {"name": "resource_name", "value": "epochs"},
        ],
    }
    spec = converted(experiment({"parameters": parameters, "algorithm": algorithm})).manifest[
        "spec"
    ]
    expected = {"type": "asha", "reductionFactor": 3, "gracePeriod": 1, "maxReports": 27}
    assert spec["earlyTermination"] == expected
    assert spec["searchSpace"]["epochs"] == {"type": "choice", "values": [27]}


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


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(\w+) (\d+(\.\d+)?)", r"(?P<name>\w+) (?P<value>\d+(\.\d+)?)"),
        (r"{m: (?P<x>\w+), v: ((?:-)?\d+)}", r"{m: (?P<name>\w+), v: (?P<value>(?:-)?\d+)}"),
        (r"[(](\w+)\)([[:digit:](]+)", r"[(](?P<name>\w+)\)(?P<value>[[:digit:](]+)"),
        (r"[]()](a)(b)", r"[]()](?P<name>a)(?P<value>b)"),
        (r"\Q(\E(a)(b)", r"\Q(\E(?P<name>a)(?P<value>b)"),
        (r"loss (\d+)", None),
    ],
)
def test_groups_of_a_filter_get_names(pattern: str, expected: str | None) -> None:
    assert named_groups(pattern) == expected


def collector(kind: str, **source: Any) -> dict[str, Any]:
    return {"metricsCollectorSpec": {"collector": {"kind": kind}, "source": source}}


def path(form: str | None = None) -> dict[str, Any]:
    found = {"path": "/logs/m.json", "kind": "File" if form else "Directory"}
    return {"fileSystemPath": {**found, **({"format": form} if form else {})}}


def test_files_and_events_are_sources() -> None:
    json_file = converted(experiment(collector("File", **path("JSON"))))
    assert json_file.manifest["spec"]["metrics"] == {"source": "file", "path": "/logs/m.json"}
    assert any("must be numbers" in note.message for note in json_file.notes)
    events = converted(experiment(collector("TensorFlowEvent", **path())))
    assert events.manifest["spec"]["metrics"] == {"source": "tensorboard", "path": "/logs/m.json"}


SETTING = {"name": "gamma", "value": "1"}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"algorithm.algorithmName": "pbt"}, "spec.algorithm.algorithmName", "checkpoints"),
    ({"algorithm.algorithmName": "enas"}, "spec.algorithm.algorithmName", "architecture"),
    ({"algorithm.algorithmName": "darts"}, "spec.algorithm.algorithmName", "architecture"),
    ({"algorithm.algorithmName": "mine"}, "spec.algorithm.algorithmName", "unknown"),
    ({"algorithm.algorithmSettings": [SETTING]}, "spec.algorithm.algorithmSettings[0].name", "unknown"),
    ({"nasConfig": {"operations": []}}, "spec.nasConfig", "architecture"),
    ({"maxTrialCount": None}, "spec.maxTrialCount", "--trials"),
    ({"resumePolicy": "Sometimes"}, "spec.resumePolicy", "known"),
    ({"objective.metricStrategies": [{"name": "loss", "value": "latest"}]}, "spec.objective.metricStrategies[0].value", "once"),
    (collector("PrometheusMetric", httpGet={"port": 1}), "spec.metricsCollectorSpec.collector.kind", "push"),
    (collector("Custom"), "spec.metricsCollectorSpec.collector.kind", "StdOut"),
    (collector("Push"), "spec.metricsCollectorSpec.collector.kind", "StdOut"),
    (collector("None"), "spec.metricsCollectorSpec.collector.kind", "StdOut"),
    (collector("File", **path("TEXT")), "spec.metricsCollectorSpec.source.fileSystemPath.format", "StdOut"),
    (collector("StdOut", **path("TEXT")), "spec.metricsCollectorSpec.source.fileSystemPath", "no effect"),
    (collector("StdOut", filter={"metricsFormat": ["a (b)"]}), "spec.metricsCollectorSpec.source.filter.metricsFormat[0]", "two groups"),
    ({"trialTemplate.configMap": {"configMapName": "a"}, "trialTemplate.trialSpec": None}, "spec.trialTemplate.configMap", "trialSpec"),
    ({"trialTemplate.successCondition": "a"}, "spec.trialTemplate.successCondition", "exits"),
    ({"trialTemplate.trialSpec.kind": "TrainJob"}, "spec.trialTemplate.trialSpec.kind", "runtime"),
    ({"trialTemplate.trialParameters": []}, f"spec.{CONTAINERS}[0].command[2]", "trialParameters"),
    ({"trialTemplate.trialParameters.0.reference": "x"}, "spec.trialTemplate.trialParameters[0].reference", "lr"),
    ({"trialTemplate.primaryContainerName": "x"}, "spec.trialTemplate.trialSpec.spec.template.spec.containers", "primaryContainerName"),
    ({"trialTemplate.trialSpec.spec.parallelism": 2}, "spec.trialTemplate.trialSpec.spec.parallelism", "instanceCount"),
    ({"parameters.0.feasibleSpace.max": "0.001"}, "spec.parameters[0].feasibleSpace.min", "exchange"),
    ({"parameters.0.feasibleSpace.min": "a"}, "spec.parameters[0].feasibleSpace.min", "number"),
    ({"parameters.0.feasibleSpace.list": ["a"]}, "spec.parameters[0].feasibleSpace.list", "unknown"),
    ({"parameters.0.parameterType": "int"}, "spec.parameters[0].feasibleSpace.min", "whole"),
    ({"algorithm.algorithmName": "grid"}, "spec.parameters[0].feasibleSpace.step", "grid"),
    ({f"{CONTAINERS}.0.image": "${{x}}"}, f"spec.{CONTAINERS}[0].image", "reference"),
    ({"trialTemplate.trialSpec": mpi_job("python")}, "spec.trialTemplate.trialSpec.spec.mpiReplicaSpecs.Launcher", "mpirun"),
    ({"trialTemplate.trialSpec": mpi_job("mpirun", "-np", "3")}, "spec.trialTemplate.trialSpec.spec.mpiReplicaSpecs.Launcher", "must be 4"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "where", "why"), REFUSED, ids=[f"{n}-{r[1]}" for n, r in enumerate(REFUSED)]
)
def test_refused(changes: dict[str, Any], where: str, why: str) -> None:
    found = refusals(experiment(changes))
    assert any(p.path.startswith(where) and why in p.message for p in found), list(map(str, found))


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("sobol", "random"),
        ("cmaes", "bayesian"),
        ("bayesianoptimization", "bayesian"),
        ("multivariate-tpe", "bayesian"),
    ],
)
def test_algorithms(kind: str, ours: str) -> None:
    made = converted(experiment({"algorithm.algorithmName": kind})).manifest["spec"]
    assert made["samplingAlgorithm"]["type"] == ours


@pytest.mark.parametrize(("failed", "ours"), [(0, 0), (1, 0), (3, 2)])
def test_the_failures_that_end_an_experiment_end_the_sweep(failed: int, ours: int) -> None:
    made = converted(experiment({"maxFailedTrialCount": failed})).manifest["spec"]
    assert made["limits"]["maxFailedTrials"] == ours


@pytest.mark.parametrize("goal", [0.001, 0, -3, "0.5"])
def test_the_goal_is_the_target(goal: Any) -> None:
    found = converted(experiment({"objective.goal": goal}))
    assert found.manifest["spec"]["limits"]["target"] == float(goal)
    assert parse_sweepjob(found.manifest).limits.target == float(goal)
    assert any("limits.target" in str(note) for note in found.notes)
    assert "goal" not in converted(experiment({})).manifest["spec"]["limits"]


def test_trials_of_the_option_come_first() -> None:
    made = converted(experiment({"maxTrialCount": None}), trials=5).manifest["spec"]
    assert made["limits"]["maxTotalTrials"] == 5


@pytest.mark.parametrize("step", ["1e-300", "0.000001", "1e-20"])
def test_a_step_that_is_too_small_is_refused(step: str) -> None:
    feasible = {"min": "0.5e-7", "max": "1e200", "step": step}
    parameter = {"name": "lr", "parameterType": "double", "feasibleSpace": feasible}
    [found] = refusals(experiment({"parameters": [parameter]}))
    assert found.path == "spec.parameters[0].feasibleSpace.step"
