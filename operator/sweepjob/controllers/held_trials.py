"""Trials whose records say too little to go by: they are left alone, and take up a slot as long as
they run.
"""

from __future__ import annotations

from ..kube import resources
from ..kube.client import KubeClient
from ..lifecycle.planner import reason_to_end
from ..settings import Settings
from .caches import Caches
from .snapshot_builder import without_proposals
from .sweep_store import SweepState


class HeldTrials:
    """Counts them, and ends what runs for them when their sweep has a reason to end."""

    def __init__(self, api: KubeClient, caches: Caches) -> None:
        self._api = api
        self._caches = caches

    async def look(self, state: SweepState, settings: Settings, now: float) -> None:
        """Count the slots that they take up; end what runs for them when the sweep is to end."""
        held = [record for record in state.unreadable.values() if record.is_held]
        running = [r for r in held if self._caches.runs((r.namespace, r.name), r.uid)]
        state.held = len(running)
        if not running or reason_to_end(without_proposals(state, settings), now) is None:
            return
        for record in running:
            for job in self._caches.jobs_of((record.namespace, record.name)):
                if job.owner == record.uid and not job.view.deleting:
                    target = (record.namespace, job.name, job.uid)
                    await self._api.delete(resources.JOBS, *target, propagation="Foreground")
