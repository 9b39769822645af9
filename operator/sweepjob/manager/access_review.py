"""Finds out which of its rights the operator has, by SelfSubjectAccessReviews."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable

from ..controllers.permissions import (
    LEASE_RIGHTS,
    RIGHTS,
    Grant,
    Need,
    Right,
    ScopedRight,
    affects_sweep,
    find_right,
)
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.denied_access import DeniedAccess
from ..kube.rate_limiter import Priority
from ..telemetry.log_format import fields

_log = logging.getLogger(__name__)
# Seconds between two reviews of all rights, and of those that are lacking.
_INTERVAL, _LACKING_INTERVAL = 60.0, 5.0
# Seconds from a refused request to a review of all rights, and between two such reviews.
_REFUSAL_DELAY, _REFUSAL_INTERVAL = 1.0, 10.0
_CONCURRENT_REVIEWS = 8


def scoped_rights(namespaces: tuple[str, ...], lease: tuple[str, str] | None) -> list[ScopedRight]:
    """Every right with the scope in which the operator needs it.

    Args:
        namespaces: the watched namespaces; none for the whole cluster.
        lease: namespace and name of the Lease; None without leader election.
    """
    everywhere: tuple[str | None, ...] = namespaces or (None,)
    wanted = [
        ScopedRight(right, namespace)
        for right in RIGHTS
        for namespace in (everywhere if right.grant is Grant.WATCHED else (None,))
    ]
    if lease is None:
        return wanted
    # The Role grants them for this Lease only; a create cannot be limited to a name.
    place, name = lease
    return wanted + [
        ScopedRight(right, place, "" if right.verb == "create" else name) for right in LEASE_RIGHTS
    ]


async def is_allowed(api: KubeClient, right: Right, namespace: str | None, name: str = "") -> bool:
    """Whether this account has a right.

    Args:
        api: the client.
        right: the verb on a resource.
        namespace: None for the whole cluster.
        name: the only object that it is needed for; empty for all.

    Raises:
        ApiError: the API server did not answer, or does not allow the question.
    """
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "verb": right.verb,
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


def _fields(lack: ScopedRight) -> dict[str, dict[str, object]]:
    need = lack.right.need.value
    return fields(right=str(lack.right), namespace=lack.namespace, need=need)


class RightsReviewer:
    """Keeps ``lacking`` up to date: at the start, every minute, and soon after a request was refused.

    Args:
        api: the client.
        namespaces: the watched namespaces; none for the whole cluster.
        lease: namespace and name of the Lease; None without leader election.
        changed: called when ``lacking`` has changed.

    Attributes:
        lacking: the rights that are lacking; None before the first review.
    """

    def __init__(
        self,
        api: KubeClient,
        namespaces: tuple[str, ...] = (),
        lease: tuple[str, str] | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._namespaces = namespaces
        self._wanted = scoped_rights(namespaces, lease)
        self._changed = changed
        self._refused = asyncio.Event()
        self._reviewing = asyncio.Semaphore(_CONCURRENT_REVIEWS)
        self._failure = ""
        self.lacking: frozenset[ScopedRight] | None = None

    async def run(self) -> None:
        """Review the rights until cancelled."""
        loop = asyncio.get_running_loop()
        interval = _INTERVAL * max(1.0, len(self._namespaces) / 5)
        all_due, refused_due = 0.0, 0.0
        while True:
            review_all = loop.time() >= all_due
            await self.review(self._wanted if review_all else self.lacking or ())
            if review_all and self.lacking is not None:
                all_due = loop.time() + interval
            self._refused.clear()
            pause = interval if self.lacking == frozenset() else _LACKING_INTERVAL
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._refused.wait(), pause)
                await asyncio.sleep(max(_REFUSAL_DELAY, refused_due - loop.time()))
                all_due, refused_due = 0.0, loop.time() + _REFUSAL_INTERVAL

    def on_access_denied(self, denied: DeniedAccess) -> None:
        """Review soon, unless the right that a request was refused for is known to be lacking."""
        scopes = (None, denied.namespace or None)
        known = any(
            lack.right == find_right(denied) and lack.namespace in scopes
            for lack in self.lacking or ()
        )
        if not known:
            self._refused.set()

    async def review(self, asked: Iterable[ScopedRight]) -> None:
        """Ask the API server about some rights; the results for the others are kept."""
        asked = set(asked)
        try:
            answers = await asyncio.gather(*(self._is_lacking(lack) for lack in asked))
        except errors.ApiError as error:
            self._report_failure(error)
            return
        self._failure = ""
        found = {lack for lack, lacks in zip(asked, answers, strict=True) if lacks}
        before = self.lacking
        self.lacking = frozenset(found | (set(before or ()) - asked))
        if self.lacking != (before or frozenset()):
            self._report(self.lacking, before or frozenset())
            self._changed()

    def _report_failure(self, error: errors.ApiError) -> None:
        """Log it. If accounts may not review their own rights, refused requests show missing ones."""
        if str(error) != self._failure:
            _log.warning("rights cannot be reviewed: %s", error)
        self._failure = str(error)
        if self.lacking is None and isinstance(error, errors.Refused):
            self.lacking = frozenset()

    async def _is_lacking(self, lack: ScopedRight) -> bool:
        async with self._reviewing:
            return not await is_allowed(self._api, lack.right, lack.namespace, lack.name)

    def _report(self, now: frozenset[ScopedRight], before: frozenset[ScopedRight]) -> None:
        for lack in sorted(now - before, key=str):
            level = logging.ERROR if lack.right.need is Need.REQUIRED else logging.WARNING
            _log.log(level, "right lacking: %s", lack, extra=_fields(lack))
        for lack in sorted(before - now, key=str):
            _log.info("right back: %s %s", lack.right, lack.where, extra=_fields(lack))

    def problems(self) -> list[str]:
        """Reasons why the operator is not ready: required rights that are lacking."""
        if self.lacking is None:
            return ["the operator's rights have not been reviewed yet"]
        inaccessible = self.inaccessible_namespaces()
        required = (lack for lack in self.lacking if lack.right.need is Need.REQUIRED)
        return sorted(str(lack) for lack in required if lack.namespace not in inaccessible)

    def inaccessible_namespaces(self) -> frozenset[str]:
        """Watched namespaces in which no right is granted at all, while some are in others.

        They were deleted, or lack the RoleBinding. They do not make the operator unready.
        """
        granted = sum(right.grant is Grant.WATCHED for right in RIGHTS)
        inaccessible = {
            namespace
            for namespace in self._namespaces
            if sum(lack.namespace == namespace for lack in self.lacking or ()) >= granted
        }
        return frozenset(inaccessible) if len(inaccessible) < len(self._namespaces) else frozenset()

    def missing_rights_for(self, namespace: str, source: str) -> list[ScopedRight]:
        """The rights whose lack affects a sweep, the required ones first."""
        found = (lack for lack in self.lacking or () if affects_sweep(lack, namespace, source))
        return sorted(found, key=lambda lack: (lack.right.need is not Need.REQUIRED, str(lack)))

    def count_lacking(self) -> dict[tuple[str, str], int]:
        """The number of namespaces that lack each right, by right and by need, for the metrics."""
        found = ((str(lack.right), lack.right.need.value) for lack in self.lacking or ())
        return dict(Counter(found))
