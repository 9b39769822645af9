"""``azureml.train``: sweeps and estimators."""

from __future__ import annotations

from typing import Any

from .._lazy import submodule


def __getattr__(name: str) -> Any:
    return submodule(
        __name__, name, ("automl", "dnn", "estimator", "hyperdrive", "sklearn", "widgets")
    )
