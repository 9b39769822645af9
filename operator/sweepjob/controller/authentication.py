"""Who pushes: the pod's projected token, checked by TokenReview and remembered for a while."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass

from .. import wire
from . import gateway
from .gateway import Gateway

_REMEMBERED = 60.0  # seconds: how long a deleted pod's token may still be taken
_LIMIT = 20_000  # tokens remembered
_REVIEWS = 16  # at a time
_TOKEN_LIMIT = 16_384  # characters; a projected token has some 1,200
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True, slots=True)
class Caller:
    """The pod that a token belongs to."""

    namespace: str
    pod: str
    uid: str


class Authenticator:
    """Turns tokens into callers. Refused tokens are remembered too, so that a flood of one bad token
    costs one review."""

    def __init__(self, api: Gateway) -> None:
        self._api = api
        self._known: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()
        self._reviewing = asyncio.Semaphore(_REVIEWS)

    async def identify(self, token: str) -> Caller | None:
        """The caller, or None when the token is not one of a pod for our audience.

        Raises:
            Unavailable: the API server cannot say.
        """
        key = hashlib.sha256(token.encode()).digest()
        found = self._known.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        if not _is_for_us(token):
            return None  # not worth a question, nor a place in memory
        async with self._reviewing:
            caller = await self._review(token)
        self._known[key] = (time.monotonic() + _REMEMBERED, caller)
        self._known.move_to_end(key)
        while len(self._known) > _LIMIT:
            self._known.popitem(last=False)
        return caller

    async def _review(self, token: str) -> Caller | None:
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [wire.AUDIENCE]},
        }
        status = (await self._api.create(gateway.TOKEN_REVIEWS, None, review))["status"]
        if not status.get("authenticated") or wire.AUDIENCE not in status.get("audiences", ()):
            return None
        user = status["user"]
        extra = user.get("extra") or {}
        # system:serviceaccount:NAMESPACE:NAME
        parts = user.get("username", "").split(":")
        if len(parts) != 4 or _POD_UID not in extra:
            return None
        return Caller(parts[2], extra[_POD_NAME][0], extra[_POD_UID][0])


def _is_for_us(token: str) -> bool:
    """Whether a token says of itself that it is one for our audience. Nothing is checked here; it
    only keeps the API server from being asked about what it would certainly refuse."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _TOKEN_LIMIT:
        return False
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return False
    audiences = claims.get("aud") if isinstance(claims, dict) else None
    return isinstance(audiences, list | str) and wire.AUDIENCE in audiences
