"""``azureml.pipeline``: of a pipeline, the step that is a sweep."""

from __future__ import annotations

from typing import Any

from .._lazy import submodule


def __getattr__(name: str) -> Any:
    return submodule(__name__, name, ("core", "steps"))
