"""Who looks, and what they may see."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from ..api import names
from ..kube.client import KubeClient
from ..kube.resources import SUBJECT_ACCESS_REVIEWS, TOKEN_REVIEWS

_log = logging.getLogger(__name__)
_SYSTEM = "system:"
_REMEMBERED = 30.0  # seconds: so long a right that was taken away may still be used
_LIMIT = 10_000
_REVIEWS = 16  # at a time
_REVIEWED = (names.SWEEPJOBS, names.SWEEPTRIALS)


class Refused(Exception):
    """The request is not answered; ``status`` is 401 where a token would help, 429 where there are too
    many, else 403.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or a program, as the API server names them."""

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


class Access(Protocol):
    """Decides about every request."""

    async def viewer(self, request: web.Request) -> Viewer:
        """Who it is.

        Raises:
            Refused: nobody that is known.
        """
        ...

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """Whether they may read the sweeps and the trials of a namespace."""
        ...


class Owner:
    """The page of one person on their own machine, whose rights every request to the API server has.

    Other programs of the machine, and pages of other sites in the same browser, are kept out by a key.

    Args:
        key: a secret; a request brings it in a cookie.
        host: under which the page is opened, with its port.
    """

    def __init__(self, key: str, host: str) -> None:
        self._key = key
        self._host = host
        # Cookies are shared by all ports of a machine.
        self._cookie = f"sweepjob-{host.rpartition(':')[2]}"

    def opens(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())

    async def viewer(self, request: web.Request) -> Viewer:
        """Anyone who has the key."""
        if request.host != self._host:  # a name of another site that leads here
            raise Refused(403, f"this page is at {self._host}")
        if not self.opens(request.cookies.get(self._cookie, "")):
            raise Refused(403, "open the address that sweepjob ui has printed")
        return Viewer("owner")

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """The API server has said so by answering."""
        return True

    def let_in(self, response: web.Response) -> web.Response:
        response.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict", path="/")
        return response


class Reviewed:
    """Viewers by their bearer tokens, or by what an authenticating proxy says of them; the API server is
    asked for the rights of each.

    Args:
        user_header, groups_header: of a proxy that is trusted; empty for none.
    """

    def __init__(self, api: KubeClient, user_header: str = "", groups_header: str = "") -> None:
        self._api = api
        self._user_header = user_header
        self._groups_header = groups_header
        self._known: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self._reviewing = asyncio.Semaphore(_REVIEWS)

    async def viewer(self, request: web.Request) -> Viewer:
        """By the proxy's headers where it is trusted, else by the token."""
        if self._user_header and (user := request.headers.get(self._user_header)):
            listed = request.headers.getall(self._groups_header, []) if self._groups_header else []
            return _proxied(user, [g.strip() for text in listed for g in text.split(",")])
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused(401, "a bearer token is required")
        key = hashlib.sha256(token.strip().encode()).digest()
        viewer: Viewer | None = self._remembered(key)
        if viewer is None:
            viewer = await self._review(token.strip())
            self._remember(key, viewer)
        if not viewer.user:
            raise Refused(401, "the API server does not know this token")
        return viewer

    async def _review(self, token: str) -> Viewer:
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token},
        }
        async with self._reviewing:
            status = (await self._api.create(TOKEN_REVIEWS, None, body))["status"]
        user = status.get("user") or {}
        if not status.get("authenticated"):
            return Viewer()
        groups = tuple(user.get("groups") or ())
        return Viewer(user["username"], groups, user.get("uid", ""), user.get("extra") or {})

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """Whether they may list SweepJobs and SweepTrials there."""
        key = (viewer, namespace)
        known: bool | None = self._remembered(key)
        if known is None:
            answers = await asyncio.gather(*(self._ask(viewer, namespace, r) for r in _REVIEWED))
            known = all(answers)
            self._remember(key, known)
        return known

    async def _ask(self, viewer: Viewer, namespace: str, resource: str) -> bool:
        attributes = {
            "group": names.GROUP,
            "resource": resource,
            "verb": "list",
            "namespace": namespace,
        }
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

    def _remembered(self, key: Any) -> Any:
        until, value = self._known.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def _remember(self, key: Any, value: Any) -> None:
        self._known[key] = (time.monotonic() + _REMEMBERED, value)
        self._known.move_to_end(key)
        while len(self._known) > _LIMIT:
            self._known.popitem(last=False)


def _proxied(user: str, groups: Sequence[str]) -> Viewer:
    """Whom a proxy names. Names that begin with system: are Kubernetes' own, such as system:masters. A
    proxy that passes on what its identity provider says must not be able to give their rights.

    Raises:
        Refused: the user's name is one.
    """
    if user.startswith(_SYSTEM):
        raise Refused(403, f"users whose names begin with {_SYSTEM} are not taken from a proxy")
    if dropped := [group for group in groups if group.startswith(_SYSTEM)]:
        _log.warning("groups of %r from the proxy are ignored: %r", user[:100], dropped[:10])
    kept = (group for group in groups if group and not group.startswith(_SYSTEM))
    return Viewer(user, (*kept, "system:authenticated"))
