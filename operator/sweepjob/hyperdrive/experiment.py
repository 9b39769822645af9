"""``Experiment(...).submit(config)`` submits a sweep as in v1 of Azure's client."""

from __future__ import annotations

from ..sdk.client import SweepClient
from ..sdk.object_name import object_name
from ..sdk.run import SweepRun
from .config import HyperDriveConfig

# SweepRun has the methods of v1's HyperDriveRun, too.
HyperDriveRun = SweepRun


class Experiment:
    """A group of sweeps.

    Args:
        workspace: A :class:`sweepjob.SweepClient`, in place of Azure's workspace.
        name: Name of the experiment. Sweeps without a ``custom_run_id`` are named after it.
    """

    def __init__(self, workspace: SweepClient, name: str) -> None:
        self.workspace, self.name = workspace, name

    def submit(self, config: HyperDriveConfig, tags: dict[str, str] | None = None) -> HyperDriveRun:
        """Create the sweep.

        Args:
            config: Definition of the sweep.
            tags: Tags of the sweep.

        Returns:
            The sweep on the cluster.

        Raises:
            ArgumentError: The sweep has errors.
            SweepError: The API server refuses it.
        """
        job = config.to_sweep()
        job.experiment_name, job.tags = self.name, dict(tags or {})
        if job.name is None:
            job.display_name = object_name(self.name)
        return self.workspace.jobs.create_or_update(job)
