"""The tracking server whose registry gets the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.names import TRACKING_URI
from ..api.spec.sweep_spec import SweepSpec
from ..sidecar.mlflow.sweep_runs.client import TrackingClient
from ..sidecar.mlflow.sweep_runs.credentials import client_of
from ..trial_pods.tracking import has_tracking_server
from ..trial_pods.user_pod import trainer_of
from .errors import PromotionError


def tracking_client(
    spec: SweepSpec, environment: Mapping[str, str], address: str = ""
) -> TrackingClient:
    """Return a client of the server that the trials reported to.

    Args:
        spec: the spec of the sweep.
        environment: MLflow's variables of the caller: credentials, and the address if it differs here.
        address: the address; empty for that of the environment, else that of the spec.

    Raises:
        PromotionError: the sweep has no server of its own, or its address is not known here.
    """
    container = _trainer(spec)
    if not has_tracking_server(spec.metrics.source, container):
        raise PromotionError(
            "its trials have no tracking server of their own, so their models were deleted with "
            "them. Set "
            f"{TRACKING_URI} in spec.trial.env, or train the best trial again: --job"
        )
    found = address or environment.get(TRACKING_URI) or _in_spec(container)
    if not found.startswith(("http://", "https://")):
        raise PromotionError(
            "the address of the tracking server comes from a Secret or ConfigMap; set "
            f"{TRACKING_URI}, or "
            "give it: --tracking-uri http://..."
        )
    return client_of({**environment, TRACKING_URI: found})


def _trainer(spec: SweepSpec) -> Mapping[str, Any]:
    if spec.trial.template is None:
        return {"env": spec.trial.env}
    return trainer_of(spec.trial.template["spec"])


def _in_spec(container: Mapping[str, Any]) -> str:
    entries = [e for e in container.get("env") or [] if e.get("name") == TRACKING_URI]
    return str(entries[-1].get("value", ""))
