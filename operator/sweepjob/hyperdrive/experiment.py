"""``Experiment(...).submit(config)``, and the run that comes of it."""

from __future__ import annotations

from ..sdk.client import SweepClient
from ..sdk.manifest import slug
from ..sdk.run import SweepRun
from .config import HyperDriveConfig

# A run of v1 has all of its methods.
HyperDriveRun = SweepRun


class Experiment:
    """Sweeps that belong together.

    Args:
        workspace: a :class:`sweepjob.SweepClient`, in place of Azure's workspace.
        name: sweeps are named after it, unless they have a ``custom_run_id``.
    """

    def __init__(self, workspace: SweepClient, name: str) -> None:
        self.workspace, self.name = workspace, name

    def submit(self, config: HyperDriveConfig, tags: dict[str, str] | None = None) -> HyperDriveRun:
        """Create the sweep."""
        job = config.to_sweep()
        job.experiment_name, job.tags = self.name, dict(tags or {})
        if job.name is None:
            job.display_name = slug(self.name)
        return self.workspace.jobs.create_or_update(job)
