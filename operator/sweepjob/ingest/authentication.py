"""Authenticates pods by their projected tokens, with TokenReviews that are cached for a minute."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakValueDictionary

from .. import protocol
from ..http_server.limits import ClientRateLimiter
from ..kube import resources
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from .limits import (
    CLOCK_SKEW,
    CONCURRENT_REVIEWS,
    CONCURRENT_SUSPECT_REVIEWS,
    REJECTED_BURST,
    REJECTED_RATE,
    TOKEN_CACHE_SECONDS,
    TOKEN_CACHE_SIZE,
    TOKEN_LIMIT,
)

_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True, slots=True)
class Caller:
    """The pod that a token belongs to."""

    namespace: str
    pod: str
    uid: str


class TooManyRejectedTokens(Exception):
    """Too many tokens of a peer were rejected, so its other tokens are not reviewed for some time."""


class TokenReviewAuthenticator:
    """Authenticates tokens by TokenReviews.

    Rejected tokens are cached, too, so that a flood of one bad token costs one review. A peer that makes
    up tokens gets few reviews: its tokens are reviewed one after another, so that each rejection counts
    before the next review begins. Its reviews come after those of other peers.

    Args:
        api: the client, with a rate limit of its own.
    """

    def __init__(self, api: KubeClient) -> None:
        self._api = api
        self._rejected = ClientRateLimiter(REJECTED_RATE, REJECTED_BURST)
        self._cache: OrderedDict[bytes, tuple[float, Caller | None]] = OrderedDict()
        self._reviewing = asyncio.Semaphore(CONCURRENT_REVIEWS)
        self._reviewing_suspects = asyncio.Semaphore(CONCURRENT_SUSPECT_REVIEWS)
        # A lock exists as long as somebody waits for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def authenticate(self, token: str, peer: str) -> Caller | None:
        """Return the pod of a token; None unless it is a valid pod token for this audience.

        Args:
            token: usually a JSON Web Token.
            peer: the address that it came from.

        Raises:
            ApiError: the API server did not answer.
            TooManyRejectedTokens: the token was not reviewed.
        """
        if not is_plausible_token(token, time.time()):
            return None  # not worth a review, nor a place in the cache
        key = hashlib.sha256(token.encode()).digest()
        found = self._cache.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        turn = self._turns.setdefault(peer, asyncio.Lock())
        async with turn:
            return await self._review_in_turn(key, token, peer)

    async def _review_in_turn(self, key: bytes, token: str, peer: str) -> Caller | None:
        """Review a token, unless that was done while it waited for its turn."""
        now = time.monotonic()
        found = self._cache.get(key)
        if found is not None and found[0] > now:
            return found[1]
        if not self._rejected.would_allow(peer, now):
            raise TooManyRejectedTokens
        is_suspect = not self._rejected.is_unused(peer, now)
        async with self._reviewing_suspects if is_suspect else self._reviewing:
            caller = await self._review(token, Priority.LOW if is_suspect else Priority.NORMAL)
        if caller is None:
            self._rejected.allows(peer, time.monotonic())
        self._cache[key] = (time.monotonic() + TOKEN_CACHE_SECONDS, caller)
        self._cache.move_to_end(key)
        while len(self._cache) > TOKEN_CACHE_SIZE:
            self._cache.popitem(last=False)
        return caller

    async def _review(self, token: str, priority: Priority) -> Caller | None:
        review = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [protocol.AUDIENCE]},
        }
        answer = await self._api.create(resources.TOKEN_REVIEWS, None, review, priority)
        status = answer["status"]
        if not status.get("authenticated") or protocol.AUDIENCE not in status.get("audiences", ()):
            return None
        user = status["user"]
        extra = user.get("extra") or {}
        # system:serviceaccount:NAMESPACE:NAME
        parts = user.get("username", "").split(":")
        if len(parts) != 4 or _POD_UID not in extra:
            return None
        return Caller(parts[2], extra[_POD_NAME][0], extra[_POD_UID][0])


def is_plausible_token(token: str, now: float) -> bool:
    """Return whether a token's own claims name this project's audience, and a time that has not passed.

    No signature is verified. It saves reviews of tokens that the API server would reject for certain.

    Args:
        token: usually a JSON Web Token.
        now: seconds since the epoch.
    """
    parts = token.split(".")
    # A header may have any bytes; those that are not UTF-8 arrive as surrogates.
    if len(parts) != 3 or len(token) > TOKEN_LIMIT or not token.isascii():
        return False
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return False
    if not isinstance(claims, dict):
        return False
    audiences, expires = claims.get("aud"), claims.get("exp")
    if isinstance(expires, int | float) and expires < now - CLOCK_SKEW:
        return False
    return isinstance(audiences, list | str) and protocol.AUDIENCE in audiences
