"""What the operator puts into the trainer's environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import protocol
from ..api.names import TRACKING_URI
from ..api.sweepjob import SweepSpec
from ..search.space import Assignment
from ..template.references import text_of
from .identity import TrialIdentity


def trainer_environment(
    identity: TrialIdentity, spec: SweepSpec, assignment: Assignment, trainer: Mapping[str, Any]
) -> dict[str, str]:
    """Variables for the trainer, by name; those that it has already stay as they are."""
    outputs = {f"SWEEPJOB_OUTPUT_{o.name}": o.mount_path for o in spec.outputs}
    return {
        **parameter_variables(assignment),
        "SWEEPJOB_NAME": identity.sweep,
        "SWEEPJOB_TRIAL": identity.trial,
        "SWEEPJOB_ATTEMPT": str(identity.attempt),
        **outputs,
        **_of_source(identity, spec, trainer),
    }


def parameter_variables(assignment: Assignment) -> dict[str, str]:
    """A trial's parameters as its script finds them."""
    each = {f"AZUREML_SWEEP_{name}": text_of(value) for name, value in assignment.items()}
    return {**each, "SWEEPJOB_PARAMETERS": json.dumps(assignment)}


def _of_source(
    identity: TrialIdentity, spec: SweepSpec, trainer: Mapping[str, Any]
) -> dict[str, str]:
    metrics = spec.metrics
    if metrics.source == protocol.MLFLOW:
        return _mlflow(identity, metrics.port, trainer)
    if metrics.source == protocol.PUSHGATEWAY:
        return {"SWEEPJOB_PUSHGATEWAY": f"127.0.0.1:{metrics.port}"}
    if metrics.source == protocol.LOGS:
        # Python would keep its output back until there are some kilobytes of it.
        return {"PYTHONUNBUFFERED": "1"}
    return {"SWEEPJOB_METRICS_PATH": metrics.path}


def _mlflow(identity: TrialIdentity, port: int, trainer: Mapping[str, Any]) -> dict[str, str]:
    ours = {TRACKING_URI: f"http://127.0.0.1:{port}"}
    chosen = {entry.get("name") for entry in trainer.get("env") or []}
    if TRACKING_URI in chosen:
        # The run is made by the user's own server, where it is to be found by these tags.
        tags = {"sweepjob.dev/sweep": identity.sweep, "sweepjob.dev/trial": identity.trial}
        return {**ours, "MLFLOW_RUN_CONTEXT": json.dumps(tags)}
    # A client refuses a name and an id that do not belong together.
    by_id = "MLFLOW_EXPERIMENT_ID" in chosen
    return {
        **ours,
        **({} if by_id else {"MLFLOW_EXPERIMENT_NAME": identity.sweep}),
        "MLFLOW_RUN_ID": identity.trial,
        # The client would send usage data to an outside host otherwise.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    }
