"""``azureml.train.widgets``, the old path of ``azureml.widgets``."""

from ..widgets import RunDetails

__all__ = ["RunDetails"]
