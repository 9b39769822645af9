"""``HyperDriveRun``: a submitted sweep."""

from ..._other_names import other_names
from ...runs.hyperdrive_run import HyperDriveRun
from .runconfig import HyperDriveConfig, PrimaryMetricGoal

__all__ = ["HyperDriveConfig", "HyperDriveRun", "PrimaryMetricGoal"]

__getattr__ = other_names(__name__)
