"""Sources of reports: the values of ``spec.metrics.source``."""

from __future__ import annotations

# LOGS is read by the operator, without a sidecar.
MLFLOW, PUSHGATEWAY, FILE, TENSORBOARD, LOGS = SOURCES = (
    "mlflow",
    "pushgateway",
    "file",
    "tensorboard",
    "logs",
)
MLFLOW_PORT = 5000
PUSHGATEWAY_PORT = 9091
