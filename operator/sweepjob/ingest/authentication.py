"""Whose a token is: the pod's projected token, checked by TokenReview and remembered for a while."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass

from .. import protocol
from ..http_server.limits import ClientRateLimiter
from ..kube import resources
from ..kube.client import KubeClient

_REMEMBERED = 60.0  # seconds: how long a deleted pod's token may still be taken
_LIMIT = 20_000  # tokens remembered
_REVIEWS = 16  # at a time
# Tokens of one peer that the API server may refuse: an honest pod has one token, and it is valid.
_REFUSED_RATE, _REFUSED_BURST = 0.2, 5.0
_CLOCK_SKEW = 300.0  # seconds
_TOKEN_LIMIT = 16_384  # characters; a projected token has some 1,200
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True, slots=True)
class Caller:
    """The pod that a token belongs to."""

    namespace: str
    pod: str
    uid: str


class TooManyRefused(Exception):
    """A peer has shown so many tokens that were refused that no other one of it is reviewed now."""


class Authenticator:
    """Turns tokens into callers. Refused tokens are remembered too, so that a flood of one bad token
    costs one review; and a peer that makes tokens up has few reviews.

    Args:
        api: with a budget of its own for reviews.
    """

    def __init__(self, api: KubeClient) -> None:
        self._api = api
        self._refused = ClientRateLimiter(_REFUSED_RATE, _REFUSED_BURST)
        self._known: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()
        self._reviewing = asyncio.Semaphore(_REVIEWS)

    async def identify(self, token: str, peer: str) -> Caller | None:
        """The caller, or None when the token is not one of a pod for our audience.

        Args:
            peer: the address that it came from.

        Raises:
            Unavailable: the API server cannot say.
            TooManyRefused: not reviewed.
        """
        key = hashlib.sha256(token.encode()).digest()
        found = self._known.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        if not may_be_valid(token, time.time()):
            return None  # not worth a question, nor a place in memory
        if not self._refused.has(peer, time.monotonic()):
            raise TooManyRefused
        async with self._reviewing:
            caller = await self._review(token)
        if caller is None:
            self._refused.allows(peer, time.monotonic())
        self._known[key] = (time.monotonic() + _REMEMBERED, caller)
        self._known.move_to_end(key)
        while len(self._known) > _LIMIT:
            self._known.popitem(last=False)
        return caller

    async def _review(self, token: str) -> Caller | None:
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [protocol.AUDIENCE]},
        }
        status = (await self._api.create(resources.TOKEN_REVIEWS, None, review))["status"]
        if not status.get("authenticated") or protocol.AUDIENCE not in status.get("audiences", ()):
            return None
        user = status["user"]
        extra = user.get("extra") or {}
        # system:serviceaccount:NAMESPACE:NAME
        parts = user.get("username", "").split(":")
        if len(parts) != 4 or _POD_UID not in extra:
            return None
        return Caller(parts[2], extra[_POD_NAME][0], extra[_POD_UID][0])


def may_be_valid(token: str, now: float) -> bool:
    """Whether a token says of itself that it is one for our audience, and not expired. Nothing is checked
    here; it only keeps the API server from being asked about what it would certainly refuse.

    Args:
        now: seconds since the epoch.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _TOKEN_LIMIT:
        return False
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return False
    if not isinstance(claims, dict):
        return False
    audiences, expires = claims.get("aud"), claims.get("exp")
    if isinstance(expires, int | float) and expires < now - _CLOCK_SKEW:
        return False
    return isinstance(audiences, list | str) and protocol.AUDIENCE in audiences
