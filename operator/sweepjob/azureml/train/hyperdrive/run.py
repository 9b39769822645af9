"""``HyperDriveRun``: a submitted sweep."""

from ...runs.hyperdrive_run import HyperDriveRun
from .runconfig import HyperDriveConfig, PrimaryMetricGoal

__all__ = ["HyperDriveConfig", "HyperDriveRun", "PrimaryMetricGoal"]
