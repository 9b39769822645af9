"""Sweep files of Azure's, of v1 and of v2, and what they are converted to."""

from __future__ import annotations

from typing import Any

from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.yaml_text import load_documents

from .program import Program

UNIFORM = {"type": "uniform", "min_value": 0, "max_value": 1}
V2: dict[str, Any] = {
    "type": "sweep",
    "name": "good",
    "trial": {
        "command": "python a.py --lr ${{search_space.lr}} --e ${{inputs.epochs}}",
        "environment": "azureml:env:1",
    },
    "inputs": {"epochs": 3},
    "sampling_algorithm": "random",
    "search_space": {"lr": UNIFORM, "bs": {"type": "choice", "values": [16, "32"]}},
    "objective": {"goal": "Maximize", "primary_metric": "acc"},
    "limits": {"max_total_trials": 4, "timeout": 3600},
}


def converted(program: Program) -> dict[str, Any]:
    (manifest,) = load_documents(program.out)
    parse_sweepjob(manifest)
    found: dict[str, Any] = manifest
    return found


V1: dict[str, Any] = {
    "sampling": {
        "type": "RANDOM",
        "parameter_space": [
            {"name": "--learning-rate", "expression": "loguniform", "values": [-6, -1]},
            {"name": "batch", "expression": "choice", "values": [16, 32]},
            {"name": "units", "expression": "quniform", "values": [10, 100, 10]},
            {"name": "seed", "expression": "RANDINT", "values": [9]},
        ],
    },
    "policy": {"type": "BanditPolicy", "slack_factor": 0.1, "evaluation_interval": 2},
    "primary_metric_name": "acc",
    "primary_metric_goal": "MAXIMIZE",
    "max_total_runs": 8,
    "max_concurrent_runs": 4,
    "max_duration_minutes": 60,
}


SPRING = """
job_type: Sweep
name: forest
algorithm: random
search_space:
  depth: {spec: choice, values: [2, 4]}
  rate: {spec: uniform, min_value: 0.1, max_value: 0.5}
objective: {primary_metric: accuracy, goal: maximize}
trial:
  command: python fit.py --table {inputs.rows} --depth {search_space.depth} --rate {search_space.rate}
  code: {directory: ../python}
  environment: azureml:forest-env/versions/1
  compute: {target: "azureml:small", node_count: 2}
  inputs: {rows: {data: "azureml:table:3", mode: Mount}}
max_total_runs: 50
max_concurrent_runs: 5
max_duration_minutes: 90
early_termination:
  spec: truncation
  evaluation_interval: 10
  truncation_percentage: 25
  exclude_finished_jobs: true
"""


SUMMER = """
type: sweep_job
algorithm: grid
experiment_name: summaries
trial:
  code: {local_path: src}
  command: >
    python main.py --corpus {inputs.corpus} --lr {search_space.lr} --dir ./outputs
  inputs:
    corpus: {data: {path: "https://a.example/corpus.txt"}, mode: download}
  environment:
    docker: {image: "docker.example/base:1"}
    conda_file: file:envs/conda.yml
  compute: {target: "azureml:gpus", instance_count: 1, instance_type: Standard_NC6}
  distribution: {type: pytorch, process_count: 2}
search_space: {lr: {type: choice, values: [0.1, 0.2]}}
objective: {primary_metric: rouge, goal: maximize}
max_total_trials: 2
max_concurrent_trials: 1
timeout_minutes: 60
early_termination: {policy_type: median_stopping, delay_evaluation: 5}
"""


AUTUMN = """
type: sweep
sampling_algorithm: random
trial:
  code: {local_path: src}
  command: python main.py --rows ${{inputs.rows}} --lr ${{search_space.lr}}
  environment: {image: "docker.example/base:1"}
inputs: {rows: {file: "https://a.example/rows.csv"}}
search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
objective: {primary_metric: loss, goal: minimize}
limits: {max_total_trials: 2, timeout: 600}
"""
