"""Access for the Deployment in the cluster.

Users have bearer tokens, or an authenticating proxy names them; the API server reviews both.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from ..api import names
from ..kube.client import KubeClient
from ..kube.resources import SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS
from .access import RequestRejected, Viewer

_log = logging.getLogger(__name__)
_SYSTEM_PREFIX = "system:"
_CACHE_SECONDS = 30.0  # a revoked permission may be used for this long
_CACHE_ENTRIES = 10_000
_CONCURRENT_TOKEN_REVIEWS = 16
_RESOURCES_READ = (names.SWEEPJOBS, names.SWEEPTRIALS)


class ClusterAccess:
    """Authenticates by TokenReview or a trusted proxy's headers, authorizes by SubjectAccessReview.

    Args:
        api: the API server.
        user_header: header in which a trusted proxy names the user; empty if there is no proxy.
        groups_header: header in which it lists the user's groups; empty if it does not.
    """

    def __init__(self, api: KubeClient, user_header: str = "", groups_header: str = "") -> None:
        self._api = api
        self._user_header = user_header
        self._groups_header = groups_header
        self._cache: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self._token_reviews = asyncio.Semaphore(_CONCURRENT_TOKEN_REVIEWS)

    async def authenticate(self, request: web.Request) -> Viewer:
        """Return the user that the trusted proxy names, or else the owner of the bearer token.

        Raises:
            RequestRejected: there is no token, the API server does not accept it, or the proxy names a
                user of Kubernetes itself.
        """
        if self._user_header and (user := request.headers.get(self._user_header)):
            values = request.headers.getall(self._groups_header, []) if self._groups_header else []
            groups = [group.strip() for value in values for group in value.split(",")]
            return viewer_from_proxy(user, groups)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise RequestRejected(401, "a bearer token is required")
        return await self._authenticate_token(token.strip())

    async def _authenticate_token(self, token: str) -> Viewer:
        key = hashlib.sha256(token.encode()).digest()
        viewer: Viewer | None = self._cached(key)
        if viewer is None:
            viewer = await self._review_token(token)
            self._store(key, viewer)
        if not viewer.user:
            raise RequestRejected(401, "the API server does not know this token")
        return viewer

    async def _review_token(self, token: str) -> Viewer:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token},
        }
        async with self._token_reviews:
            status = (await self._api.create(TOKEN_REVIEWS, None, body))["status"]
        user = status.get("user") or {}
        if not status.get("authenticated"):
            return Viewer()
        groups = tuple(user.get("groups") or ())
        return Viewer(user["username"], groups, user.get("uid", ""), user.get("extra") or {})

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may list SweepJobs and SweepTrials in a namespace."""
        key = (viewer, namespace)
        allowed: bool | None = self._cached(key)
        if allowed is None:
            answers = await asyncio.gather(
                *(
                    self._review(
                        viewer, namespace, group=names.GROUP, resource=resource, verb="list"
                    )
                    for resource in _RESOURCES_READ
                )
            )
            allowed = all(answers)
            self._store(key, allowed)
        return allowed

    async def may_read_logs(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may read the logs of pods of a namespace."""
        return await self._cached_review(
            viewer, namespace, group="", resource="pods", subresource="log", verb="get"
        )

    async def may_annotate(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may patch SweepTrials in a namespace."""
        return await self._cached_review(
            viewer, namespace, group=names.GROUP, resource=names.SWEEPTRIALS, verb="patch"
        )

    async def _cached_review(self, viewer: Viewer, namespace: str, **action: str) -> bool:
        key = (viewer, namespace, *sorted(action.items()))
        allowed: bool | None = self._cached(key)
        if allowed is None:
            allowed = await self._review(viewer, namespace, **action)
            self._store(key, allowed)
        return allowed

    async def _review(self, viewer: Viewer, namespace: str, **action: str) -> bool:
        """Return what the API server answers to a SubjectAccessReview of an action."""
        attributes = {"namespace": namespace, **action}
        spec = {
            "user": viewer.user,
            "groups": list(viewer.groups),
            "uid": viewer.uid,
            "extra": dict(viewer.extra),
            "resourceAttributes": attributes,
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": spec,
        }
        answer = await self._api.create(SUBJECT_ACCESS_REVIEWS, None, body)
        return bool(answer["status"].get("allowed"))

    def _cached(self, key: Any) -> Any:
        expires, value = self._cache.get(key, (0.0, None))
        return value if expires > time.monotonic() else None

    def _store(self, key: Any, value: Any) -> None:
        self._cache[key] = (time.monotonic() + _CACHE_SECONDS, value)
        self._cache.move_to_end(key)
        while len(self._cache) > _CACHE_ENTRIES:
            self._cache.popitem(last=False)


def viewer_from_proxy(user: str, groups: Sequence[str]) -> Viewer:
    """Return the viewer that a trusted proxy names.

    Names with the prefix ``system:`` belong to Kubernetes itself (``system:masters``). A proxy that
    forwards what its identity provider says must not be able to grant their permissions: such a user is
    rejected, and such groups are dropped.

    Raises:
        RequestRejected: the user's name has the prefix.
    """
    if user.startswith(_SYSTEM_PREFIX):
        text = f"users whose names begin with {_SYSTEM_PREFIX} are not taken from a proxy"
        raise RequestRejected(403, text)
    if dropped := [group for group in groups if group.startswith(_SYSTEM_PREFIX)]:
        _log.warning("groups of %r from the proxy are ignored: %r", user[:100], dropped[:10])
    kept = (group for group in groups if group and not group.startswith(_SYSTEM_PREFIX))
    return Viewer(user, (*kept, "system:authenticated"))
