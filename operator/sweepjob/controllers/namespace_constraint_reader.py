"""Reads the LimitRanges and ResourceQuotas of the namespaces in which Jobs are created.

They are not watched: a namespace is read at most once a minute while trials start in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.resources import Resource
from ..kube.transport import Body
from ..trial_pods.namespace_constraints import NamespaceConstraints

_log = logging.getLogger(__name__)
_FRESH = 60.0  # seconds for which an answer is used
_MOST = 1000  # namespaces that are cached


class NamespaceConstraintReader:
    """Reads constraints through a cache, so that a thousand trials need as many requests as one.

    Args:
        api: the API server.
        clock: seconds since the epoch.
    """

    def __init__(self, api: KubeClient, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[str, tuple[float, asyncio.Task[NamespaceConstraints]]] = {}
        self.is_refused = False  # whether a permission to read them is missing

    async def read(self, namespace: str) -> NamespaceConstraints:
        """Return the constraints of a namespace; none where the permission to read them is missing.

        Raises:
            ApiError: the API server did not answer.
        """
        now = self._clock()
        when, task = self._known.get(namespace, (-_FRESH, None))
        if task is None or now >= when + _FRESH:
            if len(self._known) >= _MOST:
                self._known.clear()
            task = asyncio.create_task(self._fetch(namespace))
            self._known[namespace] = now, task
        try:
            return await asyncio.shield(task)
        except errors.ApiError:
            self.forget(namespace)
            raise

    def forget(self, namespace: str) -> None:
        """Read a namespace again for the next Job: one of its constraints has refused a pod."""
        self._known.pop(namespace, None)

    async def _fetch(self, namespace: str) -> NamespaceConstraints:
        kinds = (resources.LIMIT_RANGES, resources.RESOURCE_QUOTAS)
        ranges, quotas = await asyncio.gather(*(self._list(kind, namespace) for kind in kinds))
        self.is_refused = ranges is None or quotas is None
        return NamespaceConstraints(ranges or (), quotas or ())

    async def _list(self, resource: Resource, namespace: str) -> list[Body] | None:
        try:
            return await self._api.list_by_field(resource, namespace, "")
        except errors.Refused as error:
            if not self.is_refused:
                lost = "the sidecar is not adjusted to LimitRanges and quotas that refuse it"
                _log.warning("%s: %s; %s", resource.plural, error, lost)
            return None
