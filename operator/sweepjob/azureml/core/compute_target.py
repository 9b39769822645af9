"""``azureml.core.compute_target``: compute targets, and the error that there is none."""

from __future__ import annotations

from ..exceptions import ComputeTargetException
from .compute import AmlCompute, ComputeTarget

__all__ = ["AmlCompute", "ComputeTarget", "ComputeTargetException"]
