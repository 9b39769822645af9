"""Sweeps by Azure's v1, with one argument given or changed."""

from __future__ import annotations

from typing import Any

from sweepjob.azureml.core import Environment, ScriptRunConfig, Workspace
from sweepjob.azureml.pipeline.core import Pipeline
from sweepjob.azureml.pipeline.steps import HyperDriveStep
from sweepjob.azureml.train.hyperdrive import (
    HyperDriveConfig,
    PrimaryMetricGoal,
    RandomParameterSampling,
    choice,
)


def script(**changes: Any) -> ScriptRunConfig:
    given = {"source_directory": "src", "script": "a.py", "compute_target": "small"}
    if "command" in changes:
        del given["script"]
    return ScriptRunConfig(**{**given, "environment": Environment("env"), **changes})


def config(run_config: Any = None, **changes: Any) -> HyperDriveConfig:
    given = {
        "hyperparameter_sampling": RandomParameterSampling({"--lr": choice(1, 2)}),
        "primary_metric_name": "m",
        "primary_metric_goal": PrimaryMetricGoal.MAXIMIZE,
        "max_total_runs": 4,
        "run_config": run_config or script(),
    }
    given = {**given, **changes}
    if "estimator" in changes or "pipeline" in changes:
        del given["run_config"]
    return HyperDriveConfig(**given)


def made(run_config: Any = None, **changes: Any) -> Any:
    return config(run_config, **changes).to_sweep().to_manifest()


def of_step(**given: Any) -> Any:
    own = {"name": "tune", "hyperdrive_config": config(), **given}
    found = Pipeline(Workspace(), [HyperDriveStep(**own)]).sweep_config()
    return [found.to_sweep().to_manifest(), found.step_name, found.step_outputs]
