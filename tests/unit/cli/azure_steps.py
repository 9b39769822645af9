"""A pipeline of Azure's that has steps of every kind beside its sweep."""

from __future__ import annotations

from typing import Any

STEP: dict[str, Any] = {
    "type": "sweep",
    "trial": {
        "inputs": {
            "rows": {"type": "uri_folder"},
            "label": {"type": "string", "optional": True},
            "depth": {"type": "integer", "default": 3},
            "lr": {"type": "number", "optional": True},
        },
        "outputs": {"model": {"type": "mlflow_model"}},
        "environment": {"image": "docker.example/train:1"},
        "command": "fit ${{inputs.rows}} $[[--label ${{inputs.label}}]] --lr ${{inputs.lr}} "
        "--depth ${{inputs.depth}} --to ${{outputs.model}}",
    },
    "inputs": {"rows": "${{parent.jobs.split.outputs.train}}"},
    "outputs": {"model": {"type": "mlflow_model"}},
    "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 1}},
    "sampling_algorithm": "random",
    "objective": {"goal": "minimize", "primary_metric": "MSE"},
    "limits": {"max_total_trials": 2, "timeout": 600},
}
PIPELINE: dict[str, Any] = {
    "type": "pipeline",
    "display_name": "prices",
    "inputs": {
        "raw": {"type": "uri_folder", "path": "azureml:prices@latest"},
        "label": "price",
        "depth": 5,
        "columns": {"type": "group", "first": "a", "last": "z"},
        "metric": {"type": "string"},
    },
    "settings": {"default_datastore": "azureml:runs"},
    "jobs": {
        "split": {
            "command": "split",
            "environment": "azureml:e:1",
            "inputs": {"ratio": 0.2, "raw": "${{parent.inputs.raw}}"},
            "outputs": {"train": None},
        },
        "check": {
            "command": "check",
            "environment": "azureml:e:1",
            "inputs": {
                "raw": {"type": "uri_folder", "path": "${{parent.inputs.raw}}"},
                "rows": "${{parent.jobs.split.outputs.train}}",
            },
        },
        "tune": STEP,
        "register": {
            "command": "register",
            "environment": "azureml:e:1",
            "inputs": {"model": "${{parent.jobs.tune.outputs.model}}"},
        },
    },
}
