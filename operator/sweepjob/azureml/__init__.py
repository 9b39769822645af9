"""The parts of Azure's v1 client that define, run and read sweeps, under the same import paths.

``from azureml.core import Run`` becomes ``from sweepjob.azureml.core import Run``, and
``import azureml`` becomes ``from sweepjob import azureml``. Modules are imported on first use: a
training script that imports ``Run`` needs the standard library only.
"""

from __future__ import annotations

from typing import Any

from ._lazy import submodule
from ._missing_modules import install

_SUBMODULES = ("core", "data", "exceptions", "pipeline", "telemetry", "train", "widgets")


install()


def __getattr__(name: str) -> Any:
    return submodule(__name__, name, _SUBMODULES)
