"""``ResourceConfiguration``: resources of a deployed model, which is no part of sweeps."""

from __future__ import annotations

from typing import Any

from .._other_names import other_names


class ResourceConfiguration:
    """Resources of a model; not used.

    Args:
        azure: Azure's arguments; ignored.
    """

    def __init__(self, **azure: Any) -> None:
        pass


__getattr__ = other_names(__name__)
