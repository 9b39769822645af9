"""Tests the conversion of Azure's files: results, notes and errors for each key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .azure_sweeps import UNIFORM, V2, converted
from .program import AZURE, Program

FILES = sorted(path for path in AZURE.iterdir() if path.suffix in (".yml", ".yaml"))
SWEEPS = [path for path in FILES if not path.name.startswith("24")]


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the valid file with dotted keys replaced, or removed by None."""
    data = copy.deepcopy(V2)
    for path, value in changes.items():
        *parents, last = path.split(".")
        node = data
        for parent in parents:
            node = node.setdefault(parent, {})
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
    return data


def convert(program: Program, changes: dict[str, Any], *flags: str) -> int:
    return program(
        "convert", program.file(yaml.safe_dump(changed(changes), sort_keys=False)), *flags
    )


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: p.name)
def test_public_files_convert_and_propose(program: Program, path: Path) -> None:
    assert program("convert", path) == 0
    converted(program)
    assert "refused" not in program.err
    sweep = program.file(program.out)
    assert program("propose", "-f", sweep, "-n", "8", "-o", "json") == 0
    from_sweepjob = program.out
    assert len(from_sweepjob.splitlines()) == 8
    assert program("propose", "-f", path, "-n", "8", "-o", "json") == 0
    assert program.out == from_sweepjob


def test_an_automl_job_is_refused(program: Program) -> None:
    assert program("convert", FILES[-1]) == 2
    assert "AutoML" in program.err
    assert program.out == ""


def test_the_nested_file_proposes_all_its_branches(program: Program) -> None:
    path = next(p for p in SWEEPS if p.name.startswith("05"))
    assert program("propose", "-f", path, "-n", "400", "-o", "json") == 0
    found = [json.loads(line)["parameters"]["conv_size"] for line in program.out.splitlines()]
    branches = {f"{outer}/{name}" for c in found for outer in c for name in _below(c[outer])}
    expected = json.loads((AZURE / "05-sdk-recursive-search-space.expected.json").read_text())
    assert branches == set(_wire_branches(expected["conv_size"]))


def _below(value: Any) -> list[str]:
    """Return the names of the branches of a value; an empty name for a plain value."""
    if not isinstance(value, dict):
        return [""]
    return [f"{name}/{rest}" for name, inner in value.items() for rest in _below(inner)]


def _wire_branches(protocol: Any) -> list[str]:
    found = []
    for value in protocol[1][0]:
        for name, entry in value.items():
            nested = (
                isinstance(entry, list)
                and entry[0] == "choice"
                and isinstance(entry[1][0][0], dict)
            )
            found += [f"{name}/{rest}" for rest in (_wire_branches(entry) if nested else [""])]
    return found


def test_the_search_space_is_azures_own(program: Program) -> None:
    """Return the request of Azure's client for the file, computed from the SweepJob."""
    path = next(p for p in SWEEPS if p.name.startswith("05"))
    assert program("convert", path) == 0
    expected = json.loads((AZURE / "05-sdk-recursive-search-space.expected.json").read_text())
    space = converted(program)["spec"]["searchSpace"]
    assert {name: _wire(expression) for name, expression in space.items()} == expected


def _wire(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if "type" not in node:
        return {name: _wire(value) for name, value in node.items()}
    keys = ("minValue", "maxValue", "mu", "sigma", "q", "upper")
    if node["type"] == "choice":
        return ["choice", [[_wire(value) for value in node["values"]]]]
    return [node["type"], [node[key] for key in keys if key in node]]


# For each key: changes of the valid file, a path in the SweepJob, its value, and a part of the note; an
# empty text if there is no note.
CARRIED: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("goal in any case", {}, "spec.objective.goal", "maximize", ""),
    ("type in any case", {"type": "Sweep", "search_space.lr": {**UNIFORM, "type": "Uniform"}}, "spec.searchSpace.lr.type", "uniform", ""),
    ("sampler object", {"sampling_algorithm": {"type": "Random", "rule": "Sobol", "seed": 5, "logbase": 10}}, "spec.samplingAlgorithm", {"type": "random", "rule": "sobol", "seed": 5, "logbase": 10}, ""),
    ("no sampler", {"sampling_algorithm": None}, "spec.samplingAlgorithm.type", "random", "sampling_algorithm"),
    ("booleans in a choice", {"search_space.bs": {"type": "choice", "values": [True, 1]}}, "spec.searchSpace.bs.values", [True, 1], ""),
    ("numbers in quotes", {"search_space.lr": {"type": "randint", "upper": "5.7"}}, "spec.searchSpace.lr.upper", 5, "is a text in YAML"),
    ("exponents", {"search_space.lr": {"type": "loguniform", "min_value": -9.2, "max_value": -2.3}}, "spec.searchSpace.lr.minValue", -9.2, "0.000101 to 0.1"),
    ("values for exponents", {"search_space.lr": {"type": "loguniform", "min_value": 0.001, "max_value": 0.1}}, "spec.searchSpace.lr.minValue", 0.001, "look like values"),
    ("powers of ten", {"search_space.lr": {"type": "qloguniform", "min_value": -5, "max_value": -1, "q": 0.001}}, "spec.searchSpace.lr.q", 0.001, "powers of ten"),
    ("interval 0", {"early_termination": {"type": "median_stopping", "evaluation_interval": 0}}, "spec.earlyTermination", {"type": "median_stopping"}, "which is 1"),
    ("the other slack 0", {"early_termination": {"type": "bandit", "slack_factor": 0.1, "slack_amount": 0, "delay_evaluation": 5}}, "spec.earlyTermination", {"type": "bandit", "slackFactor": 0.1, "delayEvaluation": 5}, "left out"),
    ("policy as a word", {"early_termination": "median_stopping"}, "spec.earlyTermination.type", "median_stopping", "wants an object"),
    ("truncation", {"early_termination": {"type": "truncation_selection", "truncation_percentage": 40, "evaluation_interval": 2, "exclude_finished_jobs": False}}, "spec.earlyTermination", {"type": "truncation_selection", "truncationPercentage": 40, "evaluationInterval": 2}, ""),
    ("no total", {"limits.max_total_trials": None}, "spec.limits.maxTotalTrials", 1000, "Azure's default"),
    ("more at a time than in all", {"limits.max_concurrent_trials": 10}, "spec.limits.maxConcurrentTrials", 10, ""),
    ("short timeout", {"limits.trial_timeout": 30}, "spec.limits.trialTimeout", 30, "taken exactly"),
    ("timeout 0", {"limits.timeout": 0}, "spec.limits", {"maxTotalTrials": 4}, "so there is none"),
    ("no timeout", {"limits.timeout": None}, "spec.limits", {"maxTotalTrials": 4}, "60 days"),
    ("literal of yes", {"inputs.epochs": True}, "spec.inputs.epochs", "True", "as Azure does"),
    ("literal with value", {"inputs.epochs": {"value": 42}}, "spec.inputs.epochs", 42, ""),
    ("data by address", {"inputs.data": {"type": "uri_file", "path": "https://a.example/x"}}, "spec.inputs.data", "https://a.example/x", "nothing downloads"),
    ("data of Azure's", {"inputs.data": {"path": "azureml:data:1", "mode": "ro_mount"}}, "spec.inputs.data", "/REPLACE-ME/inputs/data", "--input data=PATH"),
    ("environment", {}, "spec.trial.image", "REPLACE-ME/image:with-your-code", "--image"),
    ("inline environment", {"trial.environment": {"image": "docker.example/x:1"}}, "spec.trial.image", "docker.example/x:1", ""),
    ("inline environment with packages", {"trial.environment": {"image": "docker.example/x:1", "conda_file": "c.yml"}}, "spec.trial.image", "REPLACE-ME/image:with-your-code", "the image has to contain what c.yml adds"),
    ("variables", {"trial.environment_variables": {"A": 1, "B": True, "C": "x ${{search_space.lr}}"}}, "spec.trial.env", [{"name": "A", "value": "1"}, {"name": "B", "value": "True"}, {"name": "C", "value": "x ${{search_space.lr}}"}], ""),
    ("single braces", {"trial.command": "a {search_space.lr} {x}"}, "spec.trial.command", "a ${{search_space.lr}} {x}", "single braces"),
    ("output", {"trial.command": "a ${{outputs.model}}", "outputs": {"model": None}}, "spec.outputs.model.volume.persistentVolumeClaim.claimName", "REPLACE-ME", "--claim NAME, or --output model=PATH"),
    ("output in the command", {"trial.command": "a ${{ outputs.model }}", "outputs": {"model": None}}, "spec.trial.command", "a ${{outputs.model}}", "each trial gets a folder"),
    ("optional input given", {"trial.command": "a $[[--e ${{inputs.epochs}}]]"}, "spec.trial.command", "a --e ${{inputs.epochs}}", "so it stays"),
    ("optional input missing", {"trial.command": "a $[[--z ${{inputs.z}}]]"}, "spec.trial.command", "a", "left out"),
    ("code", {"trial.code": "src"}, "kind", "SweepJob", "trial.code: 'src': is not in the SweepJob: submit it"),
    ("compute", {"compute": "azureml:gpu"}, "kind", "SweepJob", "compute: 'azureml:gpu'"),
    ("identity", {"identity": {"type": "managed"}}, "kind", "SweepJob", "serviceAccountName"),
    ("queue settings", {"queue_settings": {"job_tier": "spot"}}, "kind", "SweepJob", "priorityClassName"),
    ("services", {"services": {"a": {}}}, "kind", "SweepJob", "services"),
    ("shared memory", {"resources": {"shm_size": "2g", "instance_count": 1, "instance_type": "x"}}, "spec.trial.template.spec.volumes", [{"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}], "instance_type: {x: {gpus: 1}}"),
    ("one process", {"trial.distribution": {"type": "PyTorch", "process_count_per_instance": 1}}, "spec.trial.distribution", {"type": "pytorch", "processCountPerInstance": 1}, ""),
    ("two nodes", {"trial.resources": {"instance_count": "2"}}, "spec.trial.instanceCount", 2, ""),
    ("two nodes of the sweep", {"resources": {"instance_count": 2}, "trial.distribution": {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 0}}, "spec.trial.distribution", {"type": "tensorflow", "workerCount": 2}, ""),
    ("eight processes", {"trial.command": "python train.py --lr ${{search_space.lr}}", "trial.distribution": {"type": "pytorch", "process_count_per_instance": 8}}, "spec.trial.command", "torchrun train.py --lr ${{search_space.lr}}", "here torchrun does"),
    ("eight processes started already", {"trial.command": "python -m torch.distributed.run t.py", "trial.distribution": {"type": "pytorch", "process_count_per_instance": 8}}, "spec.trial.command", "python -m torch.distributed.run t.py", ""),
    ("eight processes of a script", {"trial.command": "sh train.sh", "trial.distribution": {"type": "pytorch", "process_count_per_instance": 8}}, "spec.trial.command", "sh train.sh", "here the command has to"),
    ("mpi over two nodes", {"resources": {"instance_count": 2}, "trial.distribution": {"type": "mpi", "process_count_per_instance": 4}}, "spec.trial.distribution.sshSecret", "REPLACE-ME", "create a Secret"),
    ("ray", {"trial.distribution": {"type": "ray", "port": 6380, "include_dashboard": True}}, "spec.trial.distribution", {"type": "ray", "port": 6380, "includeDashboard": True}, ""),
    ("description", {"description": "d"}, "metadata.annotations", {"sweepjob.dev/description": "d"}, ""),
    ("tags", {"tags": {"team": "a", "why?": "b"}}, "metadata.annotations", {"tags.sweepjob.dev/team": "a", "tags.sweepjob.dev/why": "b"}, "annotations"),
    ("a name with capitals", {"name": "My_Sweep"}, "metadata.name", "my-sweep", "named my-sweep"),
    ("grid keeps its order", {"sampling_algorithm": "grid", "search_space.lr": {"type": "choice", "values": [{"z": {"type": "choice", "values": [1]}, "a": 1}]}}, "spec.samplingAlgorithm.order", ["lr", "lr.z", "bs"], "Kubernetes sorts"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "path", "value", "note"), [c[1:] for c in CARRIED], ids=[c[0] for c in CARRIED]
)
def test_carried_over(
    program: Program, changes: dict[str, Any], path: str, value: Any, note: str
) -> None:
    assert convert(program, changes) == 0, program.err
    found: Any = converted(program)
    for step in path.split("."):
        found = found[step]
    assert found == value
    assert note in program.err


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown key", {"retries": 3}, "retries: 3", "unknown key"),
    ("unknown key below", {"limits.max_trials": 3}, "limits.max_trials: 3", "unknown key"),
    ("unknown key of an expression", {"search_space.lr": {**UNIFORM, "q": 1}}, "search_space.lr.q: 1", "unknown key"),
    ("unknown expression", {"search_space.lr.type": "gauss"}, "search_space.lr.type: 'gauss'", "loguniform"),
    ("min above max", {"search_space.lr.min_value": 2}, "search_space.lr.min_value: 2", "exchange"),
    ("min above max in a branch", {"search_space.lr": {"type": "choice", "values": [{"x": {**UNIFORM, "min_value": 2}}]}}, "search_space.lr.values[0].x.min_value: 2", "exchange"),
    ("no bound", {"search_space.lr": {"type": "uniform", "min_value": 0}}, "search_space.lr.max_value", "required"),
    ("sigma below 0", {"search_space.lr": {"type": "normal", "mu": 0, "sigma": -1}}, "search_space.lr.sigma: -1", "0 or more"),
    ("no values", {"search_space.bs": {"type": "choice", "values": []}}, "search_space.bs.values", "at least one"),
    ("null in a choice", {"search_space.bs": {"type": "choice", "values": [[1]]}}, "search_space.bs.values[0]", "number, string"),
    ("a name with a dash", {"search_space.l-r": UNIFORM}, "search_space.l-r", "name"),
    ("list of spaces", {"search_space": [{"a": 1}]}, "search_space", "object"),
    ("grid of a distribution", {"sampling_algorithm": "grid"}, "search_space.lr.type", "choices only"),
    ("both slacks", {"early_termination": {"type": "bandit", "slack_factor": 1, "slack_amount": 1}}, "early_termination", "exactly one"),
    ("no slack", {"early_termination": "bandit"}, "early_termination", "exactly one"),
    ("150 percent", {"early_termination": {"type": "truncation_selection", "truncation_percentage": 150}}, "early_termination.truncation_percentage: 150", "1 to 99"),
    ("without finished trials", {"early_termination": {"type": "truncation_selection", "truncation_percentage": 15, "exclude_finished_jobs": True}}, "early_termination.exclude_finished_jobs", "remove it"),
    ("no goal", {"objective.goal": None}, "objective.goal", "required"),
    ("no metric", {"objective.primary_metric": None}, "objective.primary_metric", "required"),
    ("no command", {"trial.command": None}, "trial.command", "required"),
    ("no environment", {"trial.environment": None}, "trial.environment", "required"),
    ("a component", {"trial.component": "azureml:x:1"}, "trial.component", "pipelines"),
    ("trial by reference", {"trial": "azureml:x:1"}, "trial", "is a registered component, whose file is needed"),
    ("unknown input", {"inputs": None}, "trial.command", "refers to nothing"),
    ("unknown parameter", {"trial.command": "a ${{search_space.x}}"}, "trial.command", "search_space.lr"),
    ("too many nodes", {"trial.resources": {"instance_count": 1000}}, "trial.resources.instance_count: 1000", "at most 512"),
    ("parameter servers", {"trial.distribution": {"type": "tensorflow", "parameter_server_count": 1}}, "trial.distribution.parameter_server_count: 1", "strategy of workers"),
    ("another number of workers", {"trial.distribution": {"type": "tensorflow", "worker_count": 2}}, "trial.distribution.worker_count: 2", "each pod is one worker"),
    ("an address of Ray's head", {"trial.distribution": {"type": "ray", "address": "h:1"}}, "trial.distribution.address", "rank 0"),
    ("another key of a distribution", {"trial.distribution": {"type": "ray", "worker_count": 2}}, "trial.distribution.worker_count: 2", "unknown key"),
    ("an unknown distribution", {"trial.distribution": {"type": "horovod"}}, "trial.distribution.type", "pytorch"),
    ("timeout as a duration", {"limits.timeout": "PT2H"}, "limits.timeout: 'PT2H'", "write it in seconds: timeout: 7200"),
    ("no trials", {"limits.max_total_trials": 0}, "limits.max_total_trials: 0", "at least 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "where", "why"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(program: Program, changes: dict[str, Any], where: str, why: str) -> None:
    assert convert(program, changes) == 1
    assert program.out == ""
    lines = [line for line in program.err.splitlines() if line.startswith(f"refused: {where}")]
    assert any(why in line for line in lines), program.err


def test_flags_supply_what_the_file_lacks(program: Program) -> None:
    changes = {
        "inputs.data": {"path": "azureml:data:1"},
        "trial.command": "a ${{inputs.data}} ${{outputs.model}} ${{inputs.epochs}} ${{outputs.log}}",
        "compute": "azureml:gpu",
    }
    flags = (
        "--image i:1 --queue q --gpus 2 --name n --namespace team --input data=/d --output model=/m "
        "--claim c"
    )
    assert convert(program, changes, *flags.split()) == 0
    manifest = converted(program)
    assert manifest["metadata"] == {
        "name": "n",
        "namespace": "team",
        "labels": {"kueue.x-k8s.io/queue-name": "q"},
    }
    assert manifest["spec"]["trial"]["image"] == "i:1"
    assert manifest["spec"]["trial"]["resources"] == {"limits": {"nvidia.com/gpu": 2}}
    assert manifest["spec"]["inputs"]["data"] == "/d"
    command = "a ${{inputs.data}} /m ${{inputs.epochs}} ${{outputs.log}}"
    assert manifest["spec"]["trial"]["command"] == command
    claim = {"persistentVolumeClaim": {"claimName": "c"}}
    assert manifest["spec"]["outputs"] == {"log": {"volume": claim}}
    assert "REPLACE-ME" not in program.out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "- 1",
        "just words",
        "type: pipeline",
        "kind: SweepJob",
        "x: 1",
        "\0",
        "a: !!python/none 1",
    ],
)
def test_files_without_a_sweep_are_refused(program: Program, text: str) -> None:
    assert program("convert", program.file(text)) == 2
    assert program.err.startswith("error: ")


def test_a_missing_file_is_named(program: Program) -> None:
    assert program("convert", program.folder / "missing.yaml") == 2
    assert "No such file" in program.err


def test_keys_from_before_the_release_of_the_cli(program: Program) -> None:
    changes = {
        "inputs.rows": {"data": "azureml:rows:1", "mode": "mount"},
        "inputs.table": {"file": "https://example.com/a.csv"},
        "trial.code": {"local_path": "./src"},
        "trial.command": "a ${{search_space.lr}} ${{inputs.rows}} ${{inputs.table}} ${{inputs.epochs}}",
    }
    assert convert(program, changes) == 0, program.err
    assert converted(program)["spec"]["inputs"]["table"] == "https://example.com/a.csv"
    for key in ("inputs.rows.data", "inputs.table.file", "trial.code.local_path"):
        assert f"note: {key}: " in program.err
    assert convert(program, {"trial.code": {"local_path": "a", "x": 1}}) != 0
    assert "trial.code" in program.err
