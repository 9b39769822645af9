"""Sources of reports: the values of ``spec.metrics.source``."""

from __future__ import annotations

# LOGS is read by the operator, without a sidecar.
MLFLOW, PUSHGATEWAY, FILE, TENSORBOARD, WANDB, LOGS = SOURCES = (
    "mlflow",
    "pushgateway",
    "file",
    "tensorboard",
    "wandb",
    "logs",
)
MLFLOW_PORT = 5000
PUSHGATEWAY_PORT = 9091
