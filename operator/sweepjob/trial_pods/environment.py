"""The variables that the operator adds to the trainer's environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import protocol
from ..api.names import TRACKING_URI
from ..api.spec.sweep_spec import SweepSpec
from ..search.space import Assignment
from ..template.references import value_text
from .identity import TrialIdentity
from .wandb import wandb_variables


def trainer_environment(
    identity: TrialIdentity, spec: SweepSpec, assignment: Assignment, trainer: Mapping[str, Any]
) -> dict[str, str]:
    """Return the variables to add to the trainer, by name.

    Args:
        identity: the identity of the trial.
        spec: the spec of the sweep.
        assignment: the trial's parameters.
        trainer: the container; the values that it has already take precedence.
    """
    folders = {output.name: output.mount_path for output in spec.outputs}
    return {
        **parameter_variables(assignment),
        **input_variables(spec.inputs, assignment),
        **_azure_variables(identity),
        "SWEEPJOB_METRICS_SOURCE": spec.metrics.source,
        "SWEEPJOB_NAME": identity.sweep,
        "SWEEPJOB_TRIAL": identity.trial,
        "SWEEPJOB_ATTEMPT": str(identity.attempt),
        **output_variables(folders),
        **_checkpoint_variables(identity, spec),
        **_of_source(identity, spec, trainer),
    }


def _checkpoint_variables(identity: TrialIdentity, spec: SweepSpec) -> dict[str, str]:
    """Return the variables of a trial that can go on from a checkpoint.

    Every attempt but the first one may find a checkpoint in the folder.
    """
    path = next((o.mount_path for o in spec.outputs if o.name == spec.trial.checkpoint), None)
    if path is None:
        return {}
    resumed = {"SWEEPJOB_RESUMED": "1"} if identity.attempt > 1 else {}
    return {"SWEEPJOB_CHECKPOINT": path, **resumed}


def parameter_variables(assignment: Assignment) -> dict[str, str]:
    """Return the variables for a trial's parameters: one for each, and one with all of them."""
    each = {f"AZUREML_SWEEP_{name}": value_text(value) for name, value in assignment.items()}
    return {**each, "SWEEPJOB_PARAMETERS": json.dumps(assignment)}


def input_variables(inputs: Mapping[str, Any], assignment: Assignment) -> dict[str, str]:
    """Return Azure's variables for the inputs and the parameters; an input hides a parameter."""
    values = {name: value_text(value) for name, value in {**assignment, **inputs}.items()}
    return {
        **{f"AZUREML_PARAMETER_{name}": text for name, text in values.items()},
        **{f"AZURE_ML_INPUT_{name}": values[name] for name in inputs},
    }


def output_variables(folders: Mapping[str, str]) -> dict[str, str]:
    """Return our variable and Azure's for the folder of each output.

    Args:
        folders: the folders by name of the output.
    """
    prefixes = ("SWEEPJOB_OUTPUT_", "AZURE_ML_OUTPUT_")
    return {f"{prefix}{name}": path for prefix in prefixes for name, path in folders.items()}


def _azure_variables(identity: TrialIdentity) -> dict[str, str]:
    """Return the variables by which scripts in Azure find their run.

    AZUREML_ARM_SUBSCRIPTION and the like are left out: with them, Azure's client would connect to Azure.
    """
    return {
        "AZUREML_RUN_ID": identity.trial,
        "AZUREML_ROOT_RUN_ID": identity.sweep,
        "AZUREML_ARM_PROJECT_NAME": identity.sweep,
    }


def _of_source(
    identity: TrialIdentity, spec: SweepSpec, trainer: Mapping[str, Any]
) -> dict[str, str]:
    metrics = spec.metrics
    if metrics.source == protocol.MLFLOW:
        return _mlflow(identity, metrics.port, trainer)
    if metrics.source == protocol.PUSHGATEWAY:
        return {"SWEEPJOB_PUSHGATEWAY": f"127.0.0.1:{metrics.port}"}
    if metrics.source == protocol.WANDB:
        return {**wandb_variables(metrics.path), "SWEEPJOB_METRICS_PATH": metrics.path}
    if metrics.source == protocol.LOGS:
        # Python otherwise buffers its output, and lines would arrive late.
        return {"PYTHONUNBUFFERED": "1"}
    return {"SWEEPJOB_METRICS_PATH": metrics.path}


def _mlflow(identity: TrialIdentity, port: int, trainer: Mapping[str, Any]) -> dict[str, str]:
    ours = {TRACKING_URI: f"http://127.0.0.1:{port}"}
    chosen = {entry.get("name") for entry in trainer.get("env") or []}
    if TRACKING_URI in chosen:
        # The user's own server creates the run. These tags are also on runs that the script nests.
        tags = {"sweepjob.dev/sweep": identity.sweep, "sweepjob.dev/trial": identity.trial}
        return {**ours, "MLFLOW_RUN_CONTEXT": json.dumps(tags)}
    # A client refuses an experiment name and an id of another experiment.
    has_id = "MLFLOW_EXPERIMENT_ID" in chosen
    return {
        **ours,
        **({} if has_id else {"MLFLOW_EXPERIMENT_NAME": identity.sweep}),
        "MLFLOW_RUN_ID": identity.trial,
        # The client otherwise sends usage data to an external host.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    }
