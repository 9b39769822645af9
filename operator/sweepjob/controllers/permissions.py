"""Which of its rights the operator has, found out by asking the API server about itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable

from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.denied import Denied
from ..kube.rate_limiter import Priority
from ..telemetry.log_format import fields
from .rights import LEASE_RIGHTS, RIGHTS, Grant, Lack, Need, Right, concerns, right_of

_log = logging.getLogger(__name__)
# Seconds between two reviews of all rights, and of those that are lacking.
_ALL_AGAIN, _LACKING_AGAIN = 60.0, 5.0
# Seconds from a refusal to a review of all rights, and between two such reviews.
_AFTER_REFUSAL, _NEXT_REFUSAL = 1.0, 10.0
_REVIEWS = 8  # at a time


def wanted_rights(namespaces: tuple[str, ...], lease: tuple[str, str] | None) -> list[Lack]:
    """Every right with the namespace in which it is needed, as if all were lacking.

    Args:
        namespaces: those that are watched, none for the whole cluster.
        lease: namespace and name of the lease, None for an operator that is alone.
    """
    everywhere: tuple[str | None, ...] = namespaces or (None,)
    wanted = [
        Lack(right, namespace)
        for right in RIGHTS
        for namespace in (everywhere if right.grant is Grant.WATCHED else (None,))
    ]
    if lease is None:
        return wanted
    # Its Role grants them for this one lease; a create cannot be limited to a name.
    place, name = lease
    return wanted + [
        Lack(right, place, "" if right.verb == "create" else name) for right in LEASE_RIGHTS
    ]


async def is_allowed(api: KubeClient, right: Right, namespace: str | None, name: str = "") -> bool:
    """Whether this account has a right, in a namespace or (None) in the whole cluster.

    Args:
        name: of the one object that it is needed for; empty for all.
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
    made = await api.create(resources.OWN_ACCESS_REVIEWS, None, review, Priority.BOOKKEEPING)
    return bool(made["status"].get("allowed"))


def _fields(lack: Lack) -> dict[str, dict[str, object]]:
    need = lack.right.need.value
    return fields(right=str(lack.right), namespace=lack.namespace, need=need)


class Permissions:
    """Keeps ``lacking`` up to date: at the start, every minute, and soon after a request was refused.

    Args:
        changed: called when rights are lacking that were not, or are back.

    Attributes:
        lacking: the rights that are lacking; None before they have been reviewed.
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
        self._wanted = wanted_rights(namespaces, lease)
        self._changed = changed
        self._refused = asyncio.Event()
        self._reviewing = asyncio.Semaphore(_REVIEWS)
        self._failure = ""
        self.lacking: frozenset[Lack] | None = None

    async def run(self) -> None:
        """Review the rights for ever."""
        loop = asyncio.get_running_loop()
        interval = _ALL_AGAIN * max(1.0, len(self._namespaces) / 5)
        all_due, refused_due = 0.0, 0.0
        while True:
            review_all = loop.time() >= all_due
            await self.review(self._wanted if review_all else self.lacking or ())
            if review_all and self.lacking is not None:
                all_due = loop.time() + interval
            self._refused.clear()
            pause = interval if self.lacking == frozenset() else _LACKING_AGAIN
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._refused.wait(), pause)
                await asyncio.sleep(max(_AFTER_REFUSAL, refused_due - loop.time()))
                all_due, refused_due = 0.0, loop.time() + _NEXT_REFUSAL

    def on_denied(self, denied: Denied) -> None:
        """A request was refused for a right: review, unless it is known to be lacking."""
        wheres = (None, denied.namespace or None)
        known = any(
            lack.right == right_of(denied) and lack.namespace in wheres
            for lack in self.lacking or ()
        )
        if not known:
            self._refused.set()

    async def review(self, asked: Iterable[Lack]) -> None:
        """Ask the API server about some rights, and keep what it says of the others."""
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
        """Where accounts may not ask about themselves, refused requests are all that is known."""
        if str(error) != self._failure:
            _log.warning("rights cannot be reviewed: %s", error)
        self._failure = str(error)
        if self.lacking is None and isinstance(error, errors.Refused):
            self.lacking = frozenset()

    async def _is_lacking(self, lack: Lack) -> bool:
        async with self._reviewing:
            return not await is_allowed(self._api, lack.right, lack.namespace, lack.name)

    def _report(self, now: frozenset[Lack], before: frozenset[Lack]) -> None:
        for lack in sorted(now - before, key=str):
            level = logging.ERROR if lack.right.need is Need.REQUIRED else logging.WARNING
            _log.log(level, "right lacking: %s", lack, extra=_fields(lack))
        for lack in sorted(before - now, key=str):
            _log.info("right back: %s %s", lack.right, lack.where, extra=_fields(lack))

    def problems(self) -> list[str]:
        """Why the operator is not ready, as far as its rights are the reason."""
        if self.lacking is None:
            return ["the operator's rights have not been reviewed yet"]
        shut = self.shut_namespaces()
        required = (lack for lack in self.lacking if lack.right.need is Need.REQUIRED)
        return sorted(str(lack) for lack in required if lack.namespace not in shut)

    def shut_namespaces(self) -> frozenset[str]:
        """Watched namespaces in which no right is granted at all, while others are open: deleted, or
        without the RoleBinding. The sweeps of the others go on.
        """
        granted = sum(right.grant is Grant.WATCHED for right in RIGHTS)
        shut = {
            namespace
            for namespace in self._namespaces
            if sum(lack.namespace == namespace for lack in self.lacking or ()) >= granted
        }
        return frozenset(shut) if len(shut) < len(self._namespaces) else frozenset()

    def lacking_for(self, namespace: str, source: str) -> list[Lack]:
        """The rights whose lack a sweep is concerned by."""
        found = (lack for lack in self.lacking or () if concerns(lack, namespace, source))
        return sorted(found, key=lambda lack: (lack.right.need is not Need.REQUIRED, str(lack)))

    def count_lacking(self) -> dict[tuple[str, str], int]:
        """In how many namespaces each right is lacking, with how much the operator depends on it."""
        found = ((str(lack.right), lack.right.need.value) for lack in self.lacking or ())
        return dict(Counter(found))
