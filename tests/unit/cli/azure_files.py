"""A pipeline of Azure Machine Learning with a sweep step, a sweep file, and an Azure map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.yaml_text import load_documents

from .program import Program

COMPONENT = """
type: command
name: train
version: 3
inputs:
  rows: {type: uri_file}
  lr: {type: number, default: 1e-1}
  depth: {type: integer, default: "3"}
  shuffle: {type: boolean, default: false}
  note: {type: string, optional: true}
outputs: {model: {type: uri_folder}}
code: ../src
environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
command: >-
  pip list && python train.py --rows ${{inputs.rows}} --lr ${{inputs.lr}} --depth ${{inputs.depth}}
  --shuffle ${{inputs.shuffle}} $[[--note ${{inputs.note}}]] --out ${{outputs.model}}
"""
STEP: dict[str, Any] = {
    "type": "sweep",
    "trial": "./parts/train.yml",
    "inputs": {"rows": "${{parent.inputs.table}}"},
    "outputs": {"model": None},
    "sampling_algorithm": "random",
    "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 1}},
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "limits": {"max_total_trials": 3},
}
PIPELINE: dict[str, Any] = {
    "type": "pipeline",
    "display_name": "Pipe",
    "experiment_name": "pipes",
    "settings": {"default_compute": "azureml:cpu-cluster"},
    "inputs": {"table": {"type": "uri_file", "path": "azureml:table:2"}},
    "jobs": {
        "prepare": {
            "type": "command",
            "component": "./parts/prepare.yml",
            "outputs": {"rows": None},
        },
        "tune": STEP,
        "score": {"type": "command", "component": "azureml:score:1"},
    },
}
MAP = """
compute: {cpu-cluster: {queue: small, nodeSelector: {pool: cpu}}}
environment: {sklearn-1.5: registry.example/sklearn:1}
data:
  table: {claim: tables, path: table.csv}
  prepare.outputs.rows: {claim: tables, path: prepared}
datastore: {workspaceblobstore: {claim: blob, path: runs}}
component: {train: ./parts/train.yml}
"""
SWEEP = """
type: sweep
experiment_name: trees
trial: {command: "python t.py ${{search_space.lr}} ${{inputs.d}}", environment: {image: "i:1"}}
inputs: {d: {type: mltable, mode: download, path: "azureml:table:1"}}
outputs: {o: {mode: upload, name: registered}}
search_space: {lr: {type: choice, values: [1e-3, 2]}}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 2}
tags: {a b: 1, a-b: 2}
"""


def convert(program: Program, folder: Path, changes: dict[str, Any], *flags: str) -> int:
    (folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE | changes, sort_keys=False))
    return program("convert", "pipeline.yml", *flags)


def step_with(**changes: Any) -> dict[str, Any]:
    return {"jobs": {**PIPELINE["jobs"], "tune": STEP | changes}}


def converted(program: Program) -> list[dict[str, Any]]:
    found = load_documents(program.out)
    for manifest in found:
        parse_sweepjob(manifest)
    return found
