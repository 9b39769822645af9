"""Submits a program for Azure's client to the cluster, with its map in a ConfigMap there."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.azure.ai.ml import MLClient, command
from sweepjob.azure.ai.ml.sweep import Choice
from sweepjob.azure.identity import DefaultAzureCredential
from sweepjob.sdk.sweep_objects import SweepError

from .sweeps import Sweeps

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


def test_a_missing_config_map_is_said(
    map_in_cluster: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPJOB_AZURE_MAP", "configmap/none")
    with pytest.raises(SweepError, match="there is no ConfigMap none"):
        MLClient(None)
