"""The ingest server: checks limits first, then the token, then the body."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any, Protocol

from aiohttp import web

from .. import protocol
from ..http_server.connections import Connections
from ..http_server.limits import ClientRateLimiter
from ..http_server.malformed_requests import quiet_logger
from ..kube import errors
from .authentication import Caller, TooManyRejectedTokens
from .limits import CALLER_BURST, CALLER_RATE, KEEPALIVE_SECONDS, RATE_LIMIT_DELAY
from .push_response import PushReceiver, PushResponse

_CLOSING = (401, 413, 429)  # after these the connection is closed


class TokenAuthenticator(Protocol):
    """Finds the pod that a token belongs to."""

    async def authenticate(self, token: str, peer: str) -> Caller | None:
        """Return the pod of a token; None when the token is not valid.

        Args:
            token: the bearer token of a request.
            peer: the address that it came from.

        Raises:
            ApiError: the token cannot be reviewed.
            TooManyRejectedTokens: the token was not reviewed.
        """
        ...


class PushSubmitter(Protocol):
    """Submits pushes to the operator, in this process or another."""

    async def submit(self, caller: Caller, push: protocol.Push) -> PushResponse:
        """Submit a push; return the response to it."""
        ...


class DirectSubmitter:
    """Submits to an operator in this process, as for a sweep on one machine."""

    def __init__(self, receiver: PushReceiver) -> None:
        self._receiver = receiver

    async def submit(self, caller: Caller, push: protocol.Push) -> PushResponse:
        """Submit a push; return the response to it."""
        return self._receiver.handle(caller, push)


class IngestServer:
    """Serves one endpoint, ``POST /v1/reports``.

    Args:
        authenticator: authenticates the senders' tokens.
        submitter: submits the pushes of authenticated senders.
        connections: the connections of the port; None for default limits.

    Attributes:
        responses: how many there were of each status since the counter was last cleared.
    """

    def __init__(
        self,
        authenticator: TokenAuthenticator,
        submitter: PushSubmitter,
        connections: Connections | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._submitter = submitter
        self.connections = Connections() if connections is None else connections
        self._callers = ClientRateLimiter(CALLER_RATE, CALLER_BURST)
        self.responses: Counter[int] = Counter()

    def runner(self, **options: Any) -> web.AppRunner:
        """Return a runner to be set up and served; the options are aiohttp's."""
        application = web.Application(client_max_size=protocol.MAX_BODY)
        application.router.add_post(protocol.REPORTS_PATH, self._handle)
        return web.AppRunner(
            application,
            access_log=None,
            keepalive_timeout=KEEPALIVE_SECONDS,
            logger=quiet_logger("ingestion"),
            **options,
        )

    async def _handle(self, request: web.Request) -> web.Response:
        response = await self._respond(request)
        self.connections.request_arrived(request.transport)
        self.responses[response.status] += 1
        if response.status == 429:
            await asyncio.sleep(RATE_LIMIT_DELAY)
        return _http_response(response)

    async def _respond(self, request: web.Request) -> PushResponse:
        peer = self.connections.peer_of(request.transport)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return PushResponse(401, "a bearer token is required")
        try:
            caller = await self._authenticator.authenticate(token, peer)
        except TooManyRejectedTokens:
            return PushResponse(429, "too many tokens from this address were refused")
        except errors.ApiError as error:
            return PushResponse(503, f"the token cannot be checked: {error}")
        if caller is None:
            return PushResponse(401, f"not a pod's token for the audience {protocol.AUDIENCE}")
        self.connections.authenticated(request.transport)
        if not self._callers.allows(caller.uid, time.monotonic()):
            return PushResponse(429, "too many requests; send more reports in each")
        try:
            push = protocol.Push.parse(await request.read())
        except ValueError as error:
            return PushResponse(400, str(error))
        except web.HTTPRequestEntityTooLarge:
            # aiohttp's own response refers to itself, and so keeps the body until a garbage collection.
            return PushResponse(
                413, f"more than {protocol.MAX_BODY} bytes; send fewer reports in each"
            )
        return await self._submitter.submit(caller, push)


def _http_response(answer: PushResponse) -> web.Response:
    kind = "application/json" if answer.status == 200 else "text/plain"
    headers = {"Retry-After": "1"} if answer.status in (429, 503) else {}
    response = web.Response(
        status=answer.status, text=answer.body, content_type=kind, headers=headers
    )
    if answer.status in _CLOSING:
        response.force_close()
    return response
