"""Finds out to which trial a pod belongs whose owner is not watched.

Labels alone decide nothing: a trial could otherwise take over the logs and the GPU-seconds of other pods
of the namespace. So the owners of a pod are read one after another, up to an object that is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..api.meta.identity import ObjectKey
from ..api.resources import resource_of
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.resources import Resource
from ..trial_pods.cached_objects import JOB, OwnerReference
from ..trial_pods.pod_parsing import owner_reference_of
from .caches import Caches
from .owner_index import MAX_OWNERS
from .recent_times import RecentTimes

_RETRY = 10.0  # seconds until an owner that could not be read is tried again
_MAX_AT_ONCE = 20  # owners that are read in one turn: anybody may create pods with any owner


class OwnerResolver:
    """Reads the owners of pods, each once.

    Args:
        api: the API server.
        caches: the caches of pods, whose owners are completed.
        clock: seconds since the epoch.
    """

    def __init__(self, api: KubeClient, caches: Caches, clock: Callable[[], float]) -> None:
        self._api = api
        self._caches = caches
        self._clock = clock
        self._failed = RecentTimes()  # by the uid of the owner

    async def resolve(self, trial: ObjectKey) -> None:
        """Find the owners of the pods that name a trial.

        Args:
            trial: the key of the trial.

        Raises:
            ApiError: an owner cannot be read at the moment. Without its pods a trial would look as if it
                had reported nothing.
        """
        pods = self._caches.pods_without_owner(trial)
        wanted = {p.owner_reference.uid: p.owner_reference for p in pods if p.owner_reference}
        due = [owner for owner in wanted.values() if not self._has_failed(owner)]
        await asyncio.gather(*(self._follow(trial, owner) for owner in due[:_MAX_AT_ONCE]))

    def _has_failed(self, owner: OwnerReference) -> bool:
        failed = self._failed.get(owner.uid)
        return failed is not None and self._clock() < failed + _RETRY

    async def _follow(self, trial: ObjectKey, owner: OwnerReference) -> None:
        """Note the owners above one, up to an object that is known."""
        found: list[tuple[str, str]] = []
        for _ in range(MAX_OWNERS):
            above = await self._owner_above(trial.namespace, owner)
            if above is None:
                self._failed.note(owner.uid, self._clock())
                return
            found.append((owner.uid, above.uid))
            if self._caches.has_owner(above.uid):
                break
            owner = above
        for uid, above_uid in reversed(found):
            self._caches.note_owner(trial, uid, above_uid)

    async def _owner_above(self, namespace: str, owner: OwnerReference) -> OwnerReference | None:
        """Return the owner of an owner; None where it has none, or may not be read.

        Raises:
            ApiError: the API server did not answer.
        """
        resource = self._resource(owner)
        if resource is None:
            return None
        try:
            body = await self._api.get(resource, namespace, owner.name)
        except (errors.NotFound, errors.Refused):
            return None
        meta = body["metadata"]
        return owner_reference_of(meta) if meta.get("uid") == owner.uid else None

    def _resource(self, owner: OwnerReference) -> Resource | None:
        if (owner.api_version, owner.kind) == ("batch/v1", JOB):
            return resources.JOBS
        kind = self._caches.kinds.of(owner.api_version, owner.kind)
        return None if kind is None else resource_of(kind)
