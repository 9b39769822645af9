"""Tests the conversion of Katib's Experiments: settings, collectors, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.cli.__main__ import main
from sweepjob.loading.katib import is_experiment
from sweepjob.loading.katib.metrics import named_groups
from sweepjob.trial_pods.user_pod import trainer_of

from .katib import CONTAINERS, EXPERIMENT, POD, converted, experiment, mpi_job, refusals


def test_the_example_is_a_sweepjob() -> None:
    found = converted(EXPERIMENT)
    assert is_experiment(EXPERIMENT)
    assert found.manifest["metadata"] == {"name": "good", "namespace": "team"}
    container = found.manifest["spec"]["trial"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "a.py", "--lr=${{search_space.lr}}"]
    assert found.manifest["spec"]["trial"]["maxRetries"] == 6
    assert [note.path for note in found.notes] == ["spec.trialTemplate.trialSpec.spec.backoffLimit"]


def test_hyperband_gives_trials_the_resource_as_their_budget() -> None:
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
    both = [*EXPERIMENT["spec"]["trialTemplate"]["trialParameters"]]
    both.append({"name": "budget", "reference": "epochs"})
    changes = {
        "parameters": parameters,
        "algorithm": algorithm,
        "trialTemplate.trialParameters": both,
        f"{CONTAINERS}.0.args": ["--epochs=${trialParameters.budget}"],
    }
    spec = converted(experiment(changes)).manifest["spec"]
    [container] = spec["trial"]["template"]["spec"]["containers"]
    assert container["args"] == ["--epochs=${{search_space.epochs}}"]
    expected = {"type": "hyperband", "reductionFactor": 3, "gracePeriod": 1, "maxReports": 27}
    assert spec["earlyTermination"] == {**expected, "budgetParameter": "epochs"}
    assert set(spec["searchSpace"]) == {"lr"}


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
    events = converted(experiment(collector("TensorFlowEvent", **path())))
    assert events.manifest["spec"]["metrics"] == {"source": "tensorboard", "path": "/logs/m.json"}


def train_job(**trainer: Any) -> dict[str, Any]:
    """A TrainJob whose pods come from a runtime in the cluster."""
    command = ["torchrun", "train.py", "--lr=${trialParameters.rate}"]
    spec = {"runtimeRef": {"name": "torch"}, "trainer": {"command": command, **trainer}}
    return {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": spec}


def replica_set(*containers: str) -> dict[str, Any]:
    """An object of an invented kind with a pod template for each container."""
    pods = [{"template": {"spec": {"containers": [{"name": n, "image": "i"}]}}} for n in containers]
    return {"apiVersion": "example.com/v1", "kind": "Set", "spec": {"parts": pods}}


def test_a_train_job_becomes_a_manifest() -> None:
    changes = {
        "trialTemplate.trialSpec": {
            **train_job(
                numNodes="${trialParameters.nodes}",
                env=[{"name": "N", "value": "a-${trialParameters.me}"}],
            ),
            "metadata": {"name": "x", "labels": {"kueue.x-k8s.io/queue-name": "gpus", "team": "a"}},
        },
        "trialTemplate.primaryPodLabels": {"jobset.sigs.k8s.io/replicatedjob-name": "node"},
        "trialTemplate.successCondition": 'status.conditions.#(type=="Complete")#|#(status=="True")#',
        "trialTemplate.failureCondition": 'status.[@this].#(phase=="Broken")#',
        "trialTemplate.trialParameters": [
            {"name": "rate", "reference": "lr"},
            {"name": "nodes", "reference": "nodes"},
            {"name": "me", "reference": "${trialSpec.Name}"},
        ],
        "parameters.1": {
            "name": "nodes",
            "parameterType": "int",
            "feasibleSpace": {"min": "1", "max": "4"},
        },
    }
    data = experiment({k: v for k, v in changes.items() if k != "parameters.1"})
    data["spec"]["parameters"].append(changes["parameters.1"])
    made = converted(data)
    assert made.manifest["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "gpus"}
    assert made.manifest["spec"]["metrics"] == {"source": "logs"}
    assert made.manifest["spec"]["trial"] == {
        "manifest": {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainJob",
            "metadata": {"labels": {"team": "a"}},
            "spec": {
                "runtimeRef": {"name": "torch"},
                "trainer": {
                    "command": ["torchrun", "train.py", "--lr=${{search_space.lr}}"],
                    "numNodes": "${{search_space.nodes}}",
                    "env": [{"name": "N", "value": "a-${{trial.object}}"}],
                },
            },
        },
        "successCondition": "status.conditions.exists(c, c.type == 'Complete' && c.status == 'True')",
        "failureCondition": "status.phase == 'Broken'",
    }
    said = {note.path: note.message for note in made.notes}
    assert "trialKinds" in said["spec.trialTemplate.trialSpec.kind"]
    assert "primaryPodLabels" in said["spec.trialTemplate.primaryPodLabels"]


def test_of_several_pod_templates_that_of_the_primary_container_reports() -> None:
    changes = {
        "trialTemplate.trialSpec": replica_set("other", "main"),
        "trialTemplate.trialParameters": [],
    }
    trial = converted(experiment(changes)).manifest["spec"]["trial"]
    assert trial["podTemplatePath"] == "spec.parts[1].template"


def test_of_the_roles_of_the_training_operator_the_first_one_reports() -> None:
    template = {"spec": {"containers": [{"name": "main", "image": "i"}]}}
    roles = {role: {"replicas": 1, "template": template} for role in ("Worker", "Master")}
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "XGBoostJob",
        "spec": {"xgbReplicaSpecs": roles},
    }
    changes = {"trialTemplate.trialSpec": job, "trialTemplate.trialParameters": []}
    trial = converted(experiment(changes)).manifest["spec"]["trial"]
    assert trial["podTemplatePath"] == "spec.xgbReplicaSpecs.Master.template"


def xgboost_job(*containers: str) -> dict[str, Any]:
    listed = [{"name": name, "image": f"registry.example/{name}:1"} for name in containers]
    roles = {
        role: {"replicas": 1, "template": {"spec": {"containers": copy.deepcopy(listed)}}}
        for role in ("Worker", "Master")
    }
    spec = {"xgbReplicaSpecs": roles}
    return {"apiVersion": "kubeflow.org/v1", "kind": "XGBoostJob", "spec": spec}


def of_manifest(body: dict[str, Any], container: str | None = "main") -> dict[str, Any]:
    return experiment(
        {
            "trialTemplate.trialSpec": body,
            "trialTemplate.trialParameters": [],
            "trialTemplate.primaryContainerName": container,
        }
    )


def test_the_primary_container_of_a_manifest_is_the_trainer() -> None:
    made = converted(of_manifest(xgboost_job("logger", "main")))
    trial = parse_sweepjob(made.manifest).trial.manifest
    assert trial is not None
    assert trial.reporting_template is not None
    assert trainer_of(trial.reporting_template["spec"])["name"] == "main"
    said = {note.path: note for note in made.notes}
    path = "spec.trialTemplate.trialSpec.spec.xgbReplicaSpecs.Master.template.spec.containers"
    assert said[path].value == "main"


def test_the_primary_container_of_the_only_template_is_the_trainer() -> None:
    body = replica_set("main")
    containers = body["spec"]["parts"][0]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "logger", "image": "l"})
    trial = converted(of_manifest(body)).manifest["spec"]["trial"]
    made = trial["manifest"]["spec"]["parts"][0]["template"]["spec"]["containers"]
    assert [one["name"] for one in made] == ["main", "logger"]
    assert "podTemplatePath" not in trial
    # Without a name the order is that of the file, as for a Job.
    kept = converted(of_manifest(body, None)).manifest["spec"]["trial"]["manifest"]
    first = kept["spec"]["parts"][0]["template"]["spec"]["containers"][0]
    assert first["name"] == "logger"


@pytest.mark.parametrize("containers", [("logger",), ("trainer", "main")])
def test_a_primary_container_that_cannot_be_the_trainer_is_refused(
    containers: tuple[str, ...],
) -> None:
    body = replica_set(containers[0])
    listed = body["spec"]["parts"][0]["template"]["spec"]["containers"]
    listed += [{"name": name, "image": "i"} for name in containers[1:]]
    (found,) = refusals(of_manifest(body))
    path = "spec.trialTemplate.trialSpec.spec.parts[0].template.spec.containers"
    assert found.path == path


def test_a_primary_container_without_a_pod_template_is_noted() -> None:
    changes = {"trialTemplate.trialSpec": train_job()}
    made = converted(experiment(changes))
    said = {note.path: note for note in made.notes}
    assert "trainer" in said["spec.trialTemplate.primaryContainerName"].message


SETTING = {"name": "gamma", "value": "1"}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"algorithm.algorithmName": "pbt"}, "spec.algorithm.algorithmName", "checkpoints"),
    ({"algorithm.algorithmName": "enas"}, "spec.algorithm.algorithmName", "architecture"),
    ({"algorithm.algorithmName": "darts"}, "spec.algorithm.algorithmName", "architecture"),
    ({"algorithm.algorithmName": "mine"}, "spec.algorithm.algorithmName", "unknown"),
    ({"algorithm.algorithmSettings": [SETTING]}, "spec.algorithm.algorithmSettings[0].name", "unknown"),
    ({"nasConfig": {"operations": []}}, "spec.nasConfig", "architecture"),
    ({"algorithm": {"algorithmName": "hyperband", "algorithmSettings": [{"name": "r_l", "value": "9"}, {"name": "resource_name", "value": "opt"}]}, "parameters": [{"name": "opt", "parameterType": "categorical", "feasibleSpace": {"list": ["a", "b"]}}]}, "spec.algorithm.algorithmSettings", "int or double"),
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
    ({"trialTemplate.trialSpec.kind": None}, "spec.trialTemplate.trialSpec.kind", "required"),
    ({"trialTemplate.trialSpec": train_job(), "trialTemplate.successCondition": "status.a"}, "spec.trialTemplate.successCondition", "CEL"),
    ({"trialTemplate.trialSpec": train_job(), **collector("TensorFlowEvent")}, "spec.metricsCollectorSpec", "logs"),
    ({"trialTemplate.trialSpec.kind": "Workflow"}, "spec.trialTemplate.trialSpec.kind", "Argo"),
    ({"trialTemplate.trialSpec": {**mpi_job("mpirun"), "apiVersion": "kubeflow.org/v1alpha2"}}, "spec.trialTemplate.trialSpec.apiVersion", "kubeflow.org/v1 or kubeflow.org/v2beta1"),
    ({"trialTemplate.trialSpec": replica_set("a", "a")}, "spec.trialTemplate.trialSpec.spec", "several pod templates"),
    ({"trialTemplate.trialSpec": {**train_job(), "apiVersion": "rbac.authorization.k8s.io/v1"}}, "spec.trialTemplate.trialSpec.apiVersion", "cannot be trials"),
    ({"trialTemplate.trialSpec": {**train_job(), "metadata": {"finalizers": ["a"]}}}, "spec.trialTemplate.trialSpec.metadata.finalizers", "unknown"),
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


@pytest.mark.parametrize("kind", ["Workflow", "PipelineRun"])
def test_one_reason_is_enough_for_a_kind_that_is_refused(kind: str) -> None:
    body = {"apiVersion": "example.com/v1", "kind": kind, "spec": {}}
    changes = {"trialTemplate.trialSpec": body, "trialTemplate.trialParameters": []}
    assert len(refusals(experiment(changes))) == 1


def test_one_reason_is_enough_for_another_version() -> None:
    template = {"goTemplate": {"rawTemplate": "apiVersion: batch/v1"}}
    data = experiment({"trialTemplate": template})
    (found,) = refusals({**data, "apiVersion": "kubeflow.org/v1alpha3"})
    assert found.path == "apiVersion"
    (found,) = refusals(experiment({"trialTemplate.trialSpec": None}))
    assert found.path == "spec.trialTemplate.trialSpec"


def test_a_job_of_another_group_is_a_manifest() -> None:
    """Volcano has a Job as well, whose phase is deeper in its status."""
    task = {"name": "t", "replicas": 1, "template": POD}
    body = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"tasks": [task]}}
    changes = {
        "trialTemplate.trialSpec": body,
        "trialTemplate.successCondition": 'status.state.[@this].#(phase=="Completed")#',
        "trialTemplate.failureCondition": 'status.state.[@this].#(phase=="Failed")#',
    }
    trial = converted(experiment(changes)).manifest["spec"]["trial"]
    assert trial["manifest"]["apiVersion"] == "batch.volcano.sh/v1alpha1"
    assert trial["successCondition"] == "status.state.phase == 'Completed'"
    assert trial["failureCondition"] == "status.state.phase == 'Failed'"


def test_a_job_of_the_mpi_operator_is_converted() -> None:
    body = {**mpi_job("mpirun", "-n", "4"), "apiVersion": "kubeflow.org/v2beta1"}
    body["spec"]["sshAuthMountPath"] = "/home/mpiuser/.ssh"
    trial = converted(experiment({"trialTemplate.trialSpec": body})).manifest["spec"]["trial"]
    assert trial["distribution"]["type"] == "mpi"


def test_the_keys_of_a_job_that_have_no_use_here_are_noted() -> None:
    more = {
        "completionMode": "NonIndexed",
        "podFailurePolicy": {"rules": []},
        "podReplacementPolicy": "Failed",
        "manualSelector": True,
        "managedBy": "kubernetes.io/job-controller",
    }
    changes = {f"trialTemplate.trialSpec.spec.{key}": value for key, value in more.items()}
    said = {note.path.rpartition(".")[2] for note in converted(experiment(changes)).notes}
    assert said >= set(more) - {"completionMode"}  # which is the default of Jobs


def test_the_variable_of_an_indexed_job_is_said_to_be_missing() -> None:
    path = "trialTemplate.trialSpec.spec.completionMode"
    notes = converted(experiment({path: "Indexed"})).notes
    [note] = [note for note in notes if note.path.endswith(path)]
    assert "JOB_COMPLETION_INDEX is not set; it was 0" in str(note)


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


def test_several_experiments_of_a_file_are_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As kubectl prints them, or as documents."""
    other = {**experiment(), "metadata": {"name": "other"}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [EXPERIMENT, other]}
    file = tmp_path / "all.yaml"
    for text in (yaml.safe_dump(listed), yaml.safe_dump_all([EXPERIMENT, other])):
        file.write_text(text)
        assert main(["convert", str(file)]) == 0
        out, err = capsys.readouterr()
        names = [found["metadata"]["name"] for found in yaml.safe_load_all(out)]
        assert names == ["good", "other"]
        assert "Experiment other:" in err
    file.write_text(yaml.safe_dump({"kind": "ExperimentList", "items": [EXPERIMENT]}))
    assert main(["convert", str(file)]) == 0
    capsys.readouterr()
    broken = experiment({"algorithm.algorithmName": "pbt"})
    file.write_text(yaml.safe_dump_all([broken, other]))
    assert main(["convert", str(file)]) == 1
    out, err = capsys.readouterr()
    assert [found["metadata"]["name"] for found in yaml.safe_load_all(out)] == ["other"]
    assert "Experiment good:\nrefused: spec.algorithm.algorithmName" in err
    assert main(["convert", str(file), "--name", "x"]) == 2
    file.write_text(yaml.safe_dump_all([EXPERIMENT, {"kind": "ConfigMap"}]))
    assert main(["convert", str(file)]) == 2


def test_where_a_sweepjob_is_expected_an_experiment_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(yaml.safe_dump(EXPERIMENT))
    assert main(["validate", "-f", str(file)]) != 0
    assert f"sweepjob convert {file}" in "".join(capsys.readouterr())
