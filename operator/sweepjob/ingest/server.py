"""The HTTP side of the ingestion: limits first, then the token, then the body."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any, Protocol

from aiohttp import web

from .. import protocol
from ..http_server.connections import Connections
from ..http_server.limits import ClientRateLimiter
from ..http_server.log import quiet_logger
from ..kube import errors
from .answer import Answer, AnswersPushes
from .authentication import Caller, TooManyRefused

# Requests of one pod a second. What comes without a valid token is limited by the connections.
_CALLER_RATE, _CALLER_BURST = 50.0, 100.0
_TARPIT = 0.5  # seconds that a sender over its rate waits for the answer
_CLOSING = (401, 413, 429)  # after these the connection is closed


class Identifies(Protocol):
    """Says whose a token is."""

    async def identify(self, token: str, peer: str) -> Caller | None:
        """The caller, or None when the token is no good.

        Raises:
            ApiError: it cannot be said.
            TooManyRefused: it is not asked.
        """
        ...


class Submits(Protocol):
    """Passes a push on to who decides about it."""

    async def submit(self, caller: Caller, push: protocol.Push) -> Answer: ...


class DirectSubmission:
    """For a server in the process of the operator itself, as on one machine."""

    def __init__(self, handler: AnswersPushes) -> None:
        self._handler = handler

    async def submit(self, caller: Caller, push: protocol.Push) -> Answer:
        return self._handler.answer(caller, push)


class IngestServer:
    """One endpoint, ``POST /v1/reports``.

    Args:
        connections: of the port it is served on.
    """

    def __init__(
        self, identifies: Identifies, submits: Submits, connections: Connections | None = None
    ) -> None:
        self._identifies = identifies
        self._submits = submits
        self.connections = Connections() if connections is None else connections
        self._callers = ClientRateLimiter(_CALLER_RATE, _CALLER_BURST)
        self.answers: Counter[int] = Counter()  # by status, since they were last taken

    def runner(self, **options: Any) -> web.AppRunner:
        """To be set up and served; ``options`` are aiohttp's."""
        application = web.Application(client_max_size=protocol.MAX_BODY)
        application.router.add_post(protocol.REPORTS_PATH, self._handle)
        return web.AppRunner(
            application,
            access_log=None,
            keepalive_timeout=120,
            logger=quiet_logger("ingestion"),
            **options,
        )

    async def _handle(self, request: web.Request) -> web.Response:
        answer = await self._answer(request)
        self.connections.request_arrived(request.transport)
        self.answers[answer.status] += 1
        if answer.status == 429:
            await asyncio.sleep(_TARPIT)
        return _response(answer)

    async def _answer(self, request: web.Request) -> Answer:
        peer = self.connections.peer_of(request.transport)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return Answer(401, "a bearer token is required")
        try:
            caller = await self._identifies.identify(token, peer)
        except TooManyRefused:
            return Answer(429, "too many tokens from this address were refused")
        except errors.ApiError as error:
            return Answer(503, f"the token cannot be checked: {error}")
        if caller is None:
            return Answer(401, f"not a pod's token for the audience {protocol.AUDIENCE}")
        self.connections.authenticated(request.transport)
        if not self._callers.allows(caller.uid, time.monotonic()):
            return Answer(429, "too many requests; send more reports in each")
        try:
            push = protocol.Push.parse(await request.read())
        except ValueError as error:
            return Answer(400, str(error))
        except web.HTTPRequestEntityTooLarge:
            # aiohttp's answer refers to itself, and keeps what was read until Python looks for cycles.
            return Answer(413, f"more than {protocol.MAX_BODY} bytes; send fewer reports in each")
        return await self._submits.submit(caller, push)


def _response(answer: Answer) -> web.Response:
    kind = "application/json" if answer.status == 200 else "text/plain"
    headers = {"Retry-After": "1"} if answer.status in (429, 503) else {}
    response = web.Response(
        status=answer.status, text=answer.body, content_type=kind, headers=headers
    )
    if answer.status in _CLOSING:
        response.force_close()
    return response
