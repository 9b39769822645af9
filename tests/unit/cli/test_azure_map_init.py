"""Tests the Azure map that ``azure-map init`` writes for files and programs."""

from __future__ import annotations

from pathlib import Path

import yaml

from .azure_files import PIPELINE
from .program import Program


def test_init_writes_a_line_for_each_name(program: Program, azure_folder: Path) -> None:
    (azure_folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE, sort_keys=False))
    (azure_folder / "train.py").write_text(
        """
from azure.ai.ml import command, Input
env = "azureml:torch@latest"
job = command(code="./src", environment=env, compute="gpu-cluster", instance_type="Standard_NC6",
    inputs={"x": Input(path="azureml://datastores/lake/paths/x")})
cluster = ml_client.compute.get("other")
"""
    )
    assert program("azure-map", "init", "pipeline.yml", "parts/train.yml", "train.py") == 0
    found = yaml.safe_load(program.out)
    assert set(found["compute"]) == {"cpu-cluster", "gpu-cluster", "other"}
    assert set(found["environment"]) == {"sklearn-1.5", "torch"}
    assert set(found["datastore"]) == {"lake", "workspaceblobstore"}
    assert set(found["data"]) == {"table:2"}
    assert set(found["code"]) == {"../src", "src"}
    assert set(found["component"]) == {"score:1"}
    assert found["instance_type"] == {"Standard_NC6": {"gpus": 1}}
    assert program("azure-map", "init", "train.py", "-o", "new.yaml") == 0
    assert program("azure-map", "init", "train.py", "-o", "new.yaml") == 2
    assert "exists already" in program.err
    assert program("azure-map", "validate", "new.yaml") == 1
    assert "is a word of the skeleton; replace it" in program.err
    (azure_folder / "bad.py").write_text("def")
    assert program("azure-map", "init", "bad.py") == 2
    assert "bad.py: is not a Python program: line 1" in program.err
