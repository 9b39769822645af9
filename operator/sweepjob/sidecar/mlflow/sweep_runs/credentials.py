"""The connection to the user's server, from the variables that an MLflow client has."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from ..upstream import Upstream
from .client import TrackingClient

MLFLOW_PREFIX = "MLFLOW_TRACKING_"


def upstream_of(environment: Mapping[str, str], prefix: str = MLFLOW_PREFIX) -> Upstream:
    """Return the connection to the server.

    Args:
        environment: the environment variables.
        prefix: what takes the place of ``MLFLOW_TRACKING_`` in their names.
    """
    insecure = environment.get(f"{prefix}INSECURE_TLS", "").lower() in ("1", "true")
    return Upstream(environment.get(f"{prefix}URI", ""), insecure=insecure)


def client_of(environment: Mapping[str, str], prefix: str = MLFLOW_PREFIX) -> TrackingClient:
    """Return a client with the credentials in the environment.

    Args:
        environment: the environment variables.
        prefix: what takes the place of ``MLFLOW_TRACKING_`` in their names.
    """
    return TrackingClient(upstream_of(environment, prefix), credentials(environment, prefix))


def credentials(environment: Mapping[str, str], prefix: str = MLFLOW_PREFIX) -> dict[str, str]:
    """Return the header that an MLflow client sends; empty without credentials.

    Args:
        environment: the environment variables.
        prefix: what takes the place of ``MLFLOW_TRACKING_`` in their names.
    """
    user, password = environment.get(f"{prefix}USERNAME"), environment.get(f"{prefix}PASSWORD", "")
    if user:
        words = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {words}"}
    token = environment.get(f"{prefix}TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}
