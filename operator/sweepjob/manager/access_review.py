"""Finds out which of its permissions the operator has, by SelfSubjectAccessReviews."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from ..api.spec.trial_kind import TrialKind
from ..controllers.permissions import (
    LEASE_PERMISSIONS,
    PERMISSIONS,
    Grant,
    Need,
    Permission,
    ScopedPermission,
    affects_sweep,
    find_permission,
    kind_permissions,
)
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.denied_access import DeniedAccess
from ..kube.rate_limiter import Priority
from ..telemetry.log_format import fields

_log = logging.getLogger(__name__)
# Seconds between two reviews of all permissions, and of those that are missing.
_INTERVAL, _MISSING_INTERVAL = 60.0, 5.0
# Seconds from a refused request to a review of all permissions, and between two such reviews.
_REFUSAL_DELAY, _REFUSAL_INTERVAL = 1.0, 10.0
_CONCURRENT_REVIEWS = 8


def scoped_permissions(
    namespaces: tuple[str, ...],
    lease: tuple[str, str] | None,
    kinds: Sequence[TrialKind] = (),
) -> list[ScopedPermission]:
    """Return every permission with the scope in which the operator needs it.

    Args:
        namespaces: the watched namespaces; none for the whole cluster.
        lease: namespace and name of the Lease; None without leader election.
        kinds: kinds of objects other than Jobs that may be trials.
    """
    everywhere: tuple[str | None, ...] = namespaces or (None,)
    wanted = [
        ScopedPermission(permission, namespace)
        for permission in (*PERMISSIONS, *kind_permissions(kinds))
        for namespace in (everywhere if permission.grant is Grant.WATCHED else (None,))
    ]
    if lease is None:
        return wanted
    # The Role grants them for this Lease only; a create cannot be limited to a name.
    place, name = lease
    return wanted + [
        ScopedPermission(permission, place, "" if permission.verb == "create" else name)
        for permission in LEASE_PERMISSIONS
    ]


async def is_allowed(
    api: KubeClient, permission: Permission, namespace: str | None, name: str = ""
) -> bool:
    """Return whether this account has a permission.

    Args:
        api: the client.
        permission: the verb on a resource.
        namespace: None for the whole cluster.
        name: the only object that it is needed for; empty for all.

    Raises:
        ApiError: the API server did not answer, or does not allow the question.
    """
    resource, _, subresource = permission.resource.partition("/")
    attributes = {
        "group": permission.group,
        "resource": resource,
        "subresource": subresource,
        "verb": permission.verb,
        "namespace": namespace or "",
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    made = await api.create(resources.OWN_ACCESS_REVIEWS, None, review, Priority.LOW)
    return bool(made["status"].get("allowed"))


def _fields(scoped: ScopedPermission) -> dict[str, dict[str, object]]:
    need = scoped.permission.need.value
    return fields(permission=str(scoped.permission), namespace=scoped.namespace, need=need)


class AccessReviewer:
    """Keeps ``missing`` up to date: at the start, every minute, and soon after a request was refused.

    Args:
        api: the client.
        namespaces: the watched namespaces; none for the whole cluster.
        lease: namespace and name of the Lease; None without leader election.
        changed: called when ``missing`` has changed.
        kinds: kinds of objects other than Jobs that may be trials.

    Attributes:
        missing: the permissions that are missing; None before the first review.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...] = (),
        lease: tuple[str, str] | None = None,
        changed: Callable[[], None] = lambda: None,
        kinds: Sequence[TrialKind] = (),
    ) -> None:
        self._api = api
        self._namespaces = namespaces
        self._wanted = scoped_permissions(namespaces, lease, kinds)
        self._changed = changed
        self._refused = asyncio.Event()
        self._reviewing = asyncio.Semaphore(_CONCURRENT_REVIEWS)
        self._failure = ""
        self.missing: frozenset[ScopedPermission] | None = None

    async def run(self) -> None:
        """Review the permissions until cancelled."""
        loop = asyncio.get_running_loop()
        interval = _INTERVAL * max(1.0, len(self._namespaces) / 5)
        all_due, refused_due = 0.0, 0.0
        while True:
            review_all = loop.time() >= all_due
            await self.review(self._wanted if review_all else self.missing or ())
            if review_all and self.missing is not None:
                all_due = loop.time() + interval
            self._refused.clear()
            pause = interval if self.missing == frozenset() else _MISSING_INTERVAL
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._refused.wait(), pause)
                await asyncio.sleep(max(_REFUSAL_DELAY, refused_due - loop.time()))
                all_due, refused_due = 0.0, loop.time() + _REFUSAL_INTERVAL

    def on_access_denied(self, denied: DeniedAccess) -> None:
        """Review soon, unless the permission that a request was refused for is known to be lacking."""
        scopes = (None, denied.namespace or None)
        known = any(
            scoped.permission == find_permission(denied) and scoped.namespace in scopes
            for scoped in self.missing or ()
        )
        if not known:
            self._refused.set()

    async def review(self, asked: Iterable[ScopedPermission]) -> None:
        """Ask the API server about some permissions; the results for the others are kept."""
        asked = set(asked)
        try:
            answers = await asyncio.gather(*(self._is_missing(scoped) for scoped in asked))
        except errors.ApiError as error:
            self._report_failure(error)
            return
        self._failure = ""
        found = {scoped for scoped, is_missing in zip(asked, answers, strict=True) if is_missing}
        before = self.missing
        self.missing = frozenset(found | (set(before or ()) - asked))
        if self.missing != (before or frozenset()):
            self._report(self.missing, before or frozenset())
            self._changed()

    def _report_failure(self, error: errors.ApiError) -> None:
        """Log it. Refused requests show missing permissions if the account may not review its own."""
        if str(error) != self._failure:
            _log.warning("permissions cannot be reviewed: %s", error)
        self._failure = str(error)
        if self.missing is None and isinstance(error, errors.Refused):
            self.missing = frozenset()

    async def _is_missing(self, scoped: ScopedPermission) -> bool:
        async with self._reviewing:
            return not await is_allowed(self._api, scoped.permission, scoped.namespace, scoped.name)

    def _report(
        self, now: frozenset[ScopedPermission], before: frozenset[ScopedPermission]
    ) -> None:
        for scoped in sorted(now - before, key=str):
            level = logging.ERROR if scoped.permission.need is Need.REQUIRED else logging.WARNING
            _log.log(level, "permission missing: %s", scoped, extra=_fields(scoped))
        for scoped in sorted(before - now, key=str):
            _log.info(
                "permission granted: %s %s", scoped.permission, scoped.where, extra=_fields(scoped)
            )

    def problems(self) -> list[str]:
        """Return why the operator is not ready: required permissions that are missing."""
        if self.missing is None:
            return ["the operator's permissions have not been reviewed yet"]
        inaccessible = self.inaccessible_namespaces()
        required = (scoped for scoped in self.missing if scoped.permission.need is Need.REQUIRED)
        return sorted(str(scoped) for scoped in required if scoped.namespace not in inaccessible)

    def inaccessible_namespaces(self) -> frozenset[str]:
        """Watched namespaces in which no permission is granted at all, while some are in others.

        They were deleted, or lack the RoleBinding. They do not make the operator unready.
        """
        granted = sum(permission.grant is Grant.WATCHED for permission in PERMISSIONS)
        inaccessible = {
            namespace
            for namespace in self._namespaces
            if sum(scoped.namespace == namespace for scoped in self.missing or ()) >= granted
        }
        return frozenset(inaccessible) if len(inaccessible) < len(self._namespaces) else frozenset()

    def missing_permissions_for(self, namespace: str, source: str) -> list[ScopedPermission]:
        """Return the permissions whose lack affects a sweep, the required ones first."""
        found = (
            scoped for scoped in self.missing or () if affects_sweep(scoped, namespace, source)
        )
        return sorted(
            found, key=lambda scoped: (scoped.permission.need is not Need.REQUIRED, str(scoped))
        )

    def count_missing(self) -> dict[tuple[str, str], int]:
        """Return the number of namespaces that lack each permission, for metrics."""
        found = (
            (str(scoped.permission), scoped.permission.need.value) for scoped in self.missing or ()
        )
        return dict(Counter(found))
