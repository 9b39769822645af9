"""Submits a program and a file for Azure's client to the cluster, with a map, to the best trial's files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.azure.ai.ml import Input, MLClient, command
from sweepjob.azure.ai.ml.sweep import Choice
from sweepjob.azure.identity import DefaultAzureCredential
from sweepjob.sdk.sweep_objects import SweepError

from .program import Program
from .sweeps import Sweeps
from .volumes import claimed

SCRIPT = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
args = parser.parse_args()
print(f"score={args.lr * 2}", flush=True)
"""


@pytest.fixture
def map_in_cluster(sweeps: Sweeps, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A map in a ConfigMap, which the environment variable names."""
    body: dict[str, Any] = {
        "workspace": {"namespace": sweeps.namespace, "kubeconfig": str(sweeps.target.kubeconfig)},
        "compute": {"cpu-cluster": {"resources": {"requests": {"cpu": "50m"}}}},
        "environment": {"python": sweeps.target.images["trainer"]},
    }
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "azure", "namespace": sweeps.namespace},
        "data": {"azure-map.yaml": yaml.safe_dump(body)},
    }
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    monkeypatch.setenv("KUBECONFIG", str(sweeps.target.kubeconfig))
    monkeypatch.setenv("SWEEPJOB_AZURE_MAP", f"configmap/{sweeps.namespace}/azure")
    return body


def test_a_program_runs_on_the_cluster_by_a_map_in_a_config_map(
    map_in_cluster: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ml_client = MLClient(DefaultAzureCredential(), "s", "g", "w")
    job = command(
        code=tmp_path,
        command="echo start && python train.py --lr ${{inputs.lr}}",
        environment="azureml:python@latest",
        compute="cpu-cluster",
        inputs={"lr": 0.1},
        metrics="logs",
    )
    sweep = job(lr=Choice([1, 2])).sweep(
        primary_metric="score", goal="Maximize", sampling_algorithm="grid", compute="cpu-cluster"
    )
    sweep.set_limits(max_total_trials=2, max_concurrent_trials=2)
    run = ml_client.jobs.create_or_update(sweep)
    run.wait_for_completion(timeout=120)
    assert run.status == "Completed"
    assert run.best is not None
    assert run.best.parameters == {"lr": 2}
    assert (
        run.studio_url
        == f"kubectl sweepjob ui {run.name} --namespace {run.body['metadata']['namespace']}"
    )
    assert len(ml_client.jobs.list(parent_job_name=run.name)) == 2


# As in Microsoft's tutorials: MLflow reports, and the model is beside the code.
TUTORIAL = """
import argparse, os, mlflow
parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--lr", type=float)
args = parser.parse_args()
rows = len(open(args.data).read().split())
for epoch in range(3):
    mlflow.log_metric("accuracy", args.lr * rows + epoch / 100)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(f"{args.lr} of {rows}")
"""
PIPELINE: dict[str, Any] = {
    "type": "pipeline",
    "display_name": "fitting",
    "inputs": {"table": {"type": "uri_file", "path": "azureml:table:1"}},
    "settings": {"default_compute": "azureml:cpu-cluster"},
    "jobs": {
        "tune": {
            "type": "sweep",
            "trial": "./train.yml",
            "inputs": {"data": "${{parent.inputs.table}}"},
            "sampling_algorithm": "grid",
            "search_space": {"lr": {"type": "choice", "values": [0.2, 0.1]}},
            "objective": {"goal": "maximize", "primary_metric": "accuracy"},
            "limits": {"max_total_trials": 2, "timeout": 600},
        }
    },
}
COMPONENT = {
    "type": "command",
    "inputs": {"data": {"type": "uri_file"}, "lr": {"type": "number"}},
    "environment": "azureml:python:1",
    "code": "./src",
    "command": "python train.py --data ${{inputs.data}} --lr ${{inputs.lr}}",
}


@pytest.fixture
def project(sweeps: Sweeps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a script, a pipeline and a map, whose data is on a volume of the cluster."""
    with claimed(sweeps) as volume:
        (volume / "table.csv").write_text("a\nb\nc\n")
        body = {
            "workspace": {
                "namespace": sweeps.namespace,
                "kubeconfig": str(sweeps.target.kubeconfig),
            },
            "compute": {"cpu-cluster": {"resources": {"requests": {"cpu": "50m"}}}},
            "environment": {"python": sweeps.target.images["trainer"]},
            "data": {"table": {"claim": "models", "path": "table.csv"}},
            "datastore": {"workspaceblobstore": {"claim": "models", "path": "runs"}},
        }
        for name, content in (("azure-map", body), ("pipeline", PIPELINE), ("train", COMPONENT)):
            suffix = "yaml" if name == "azure-map" else "yml"
            (tmp_path / f"{name}.{suffix}").write_text(yaml.safe_dump(content, sort_keys=False))
        (tmp_path / "src").mkdir()
        (tmp_path / "src" / "train.py").write_text(TUTORIAL)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("KUBECONFIG", str(sweeps.target.kubeconfig))
        monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
        yield tmp_path


def test_a_program_and_a_pipeline_to_the_best_model(sweeps: Sweeps, project: Path) -> None:
    program = Program(sweeps)
    converted = program.start("convert", "pipeline.yml", "--azure-map", "azure-map.yaml")
    manifest, said = converted.communicate(timeout=60)
    assert converted.returncode == 0, said
    (project / "sweep.yaml").write_text(manifest)
    program("submit", "-f", "sweep.yaml", "--code", "src")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ml_client = MLClient(DefaultAzureCredential(), "s", "g", "w")
    job = command(
        code="./src",
        command="python train.py --data ${{inputs.data}} --lr ${{inputs.lr}}",
        environment="python@latest",
        inputs={"data": Input(type="uri_file", path="azureml:table:1"), "lr": 0.5},
        compute="cpu-cluster",
    )
    sweep = job(lr=Choice([0.1, 0.9])).sweep(
        primary_metric="accuracy", goal="Maximize", sampling_algorithm="grid", max_total_trials=2
    )
    returned = ml_client.create_or_update(sweep)
    ml_client.jobs.stream(returned.name)
    best = ml_client.jobs.get(returned.name).properties["best_child_run_id"]
    ml_client.jobs.download(best, download_path="./artifacts", all=True)
    assert texts(project / "artifacts") == ["0.9 of 3"]
    sweeps.await_end("fitting-tune")
    program("download", "fitting-tune", "-o", "best")
    assert texts(project / "best") == ["0.2 of 3"]


def texts(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.rglob("model.txt")]


def test_a_missing_config_map_is_said(
    map_in_cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPJOB_AZURE_MAP", "configmap/none")
    with pytest.raises(SweepError, match="there is no ConfigMap none"):
        MLClient(None)
