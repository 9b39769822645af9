"""``azureml.core.compute_target``: compute targets, and ``ComputeTargetException``."""

from __future__ import annotations

from .._other_names import other_names
from ..exceptions import ComputeTargetException
from .compute import AmlCompute, ComputeTarget

__all__ = ["AmlCompute", "ComputeTarget", "ComputeTargetException"]

__getattr__ = other_names(__name__)
