"""Hyperparameter sweeps on Kubernetes, with the semantics of Azure Machine Learning's sweep."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .sdk.azure_objects import (
        MpiDistribution,
        PyTorchDistribution,
        RayDistribution,
        TensorFlowDistribution,
    )
    from .sdk.client import SweepClient
    from .sdk.command import command
    from .sdk.data import Input, Output
    from .sdk.load import load_job
    from .sdk.local import run_local
    from .sdk.notification import Notification

__all__ = [
    "Input",
    "MpiDistribution",
    "Notification",
    "Output",
    "PyTorchDistribution",
    "RayDistribution",
    "SweepClient",
    "TensorFlowDistribution",
    "__version__",
    "command",
    "load_job",
    "run_local",
]

# Imported on first use: the operator and the sidecar are in this package, too, and need none of them.
_PUBLIC = {
    "Input": "data",
    "MpiDistribution": "azure_objects",
    "Notification": "notification",
    "Output": "data",
    "PyTorchDistribution": "azure_objects",
    "RayDistribution": "azure_objects",
    "TensorFlowDistribution": "azure_objects",
    "SweepClient": "client",
    "command": "command",
    "load_job": "load",
    "run_local": "local",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.sdk.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
