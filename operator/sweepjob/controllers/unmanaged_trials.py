"""Trials whose records cannot be acted on: too little of them can be read.

They are left alone, and take up a slot as long as they run.
"""

from __future__ import annotations

from ..api.meta.identity import ObjectKey
from ..kube.client import KubeClient
from ..lifecycle.planner import end_reason
from ..settings import OperatorSettings
from .caches import Caches
from .snapshot_builder import sweep_snapshot
from .state.sweep_store import SweepStore


class UnmanagedTrials:
    """Counts their slots, and deletes their Jobs when their sweep ends.

    Args:
        api: the API server.
        caches: the caches of Jobs and pods.
    """

    def __init__(self, api: KubeClient, caches: Caches) -> None:
        self._api = api
        self._caches = caches

    async def reconcile(self, sweep: SweepStore, settings: OperatorSettings, now: float) -> None:
        """Count the slots that they take up, and delete their Jobs if the sweep has a reason to end.

        Args:
            sweep: an active sweep.
            settings: the operator's settings.
            now: seconds since the epoch.
        """
        unmanaged = [r for r in sweep.state.unreadable.values() if r.is_unmanaged]
        keyed = [(ObjectKey(r.namespace, r.name), r.uid) for r in unmanaged]
        running = [(key, uid) for key, uid in keyed if self._caches.has_running_pod(key, uid)]
        sweep.set_unmanaged(len(running))
        if not running or end_reason(sweep_snapshot(sweep.state, settings), now) is None:
            return
        for key, uid in running:
            for job in self._caches.jobs_of(key):
                if job.owner == uid and not job.view.deleting:
                    target = (key.namespace, job.name, job.uid)
                    spec = sweep.state.spec.trial
                    resource = self._caches.workload_resource(spec.manifest)
                    propagation = spec.deletion_propagation
                    await self._api.delete(resource, *target, propagation=propagation)
