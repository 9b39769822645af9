"""``ResourceConfiguration``: resources of a deployed model, which is no part of sweeps."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names


class ResourceConfiguration:
    """Resources of a model; not used.

    Args:
        azure: Azure's ``cpu``, ``memory_in_gb`` and ``gpu``; not used, with a warning.
    """

    @unused_arguments(
        {"cpu memory_in_gb gpu": "models are not deployed here"},
        by_position="cpu memory_in_gb gpu",
    )
    def __init__(self, **azure: Any) -> None:
        pass


__getattr__ = other_names(__name__)
