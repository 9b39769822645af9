"""``azureml.core.compute_target``: compute targets, and ``ComputeTargetException``."""

from __future__ import annotations

from ..exceptions import ComputeTargetException
from .compute import AmlCompute, ComputeTarget

__all__ = ["AmlCompute", "ComputeTarget", "ComputeTargetException"]
