"""What all requests to the API server have in common: order, the guard of writes, metrics, errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from ..telemetry import metrics
from . import errors
from .denied_access import DeniedAccess
from .rate_limiter import Priority, RequestRateLimiter
from .resources import LEASES, OWN_ACCESS_REVIEWS, TOKEN_REVIEWS
from .transport import (
    Body,
    Request,
    Response,
    ResponseStream,
    ResponseTooLarge,
    Transport,
    TransportError,
)

# Written also by an operator that does not lead.
_ALWAYS_WRITABLE = (LEASES.prefix, TOKEN_REVIEWS.prefix, OWN_ACCESS_REVIEWS.path(None))

R = TypeVar("R", Response, ResponseStream)


class RequestSender:
    """Sends requests over a transport; the base of ``KubeClient``.

    Args:
        transport: the connection.
        rate_limiter: limits all requests except those for Leases; None for no limit.

    Attributes:
        may_write: asked before each write but those of Leases and reviews.
        on_access_denied: called with the access that a request was denied.
    """

    def __init__(
        self, transport: Transport, rate_limiter: RequestRateLimiter | None = None
    ) -> None:
        self._transport = transport
        self._rate_limiter = rate_limiter
        self.may_write: Callable[[], bool] = lambda: True
        self.on_access_denied: Callable[[DeniedAccess], None] = lambda denied: None

    async def close(self) -> None:
        """End all connections."""
        await self._transport.close()

    async def request(self, request: Request, priority: Priority = Priority.NORMAL) -> Body:
        """Return the JSON object that a request is answered with.

        Args:
            request: what to send.
            priority: the request's priority in the rate limiter.

        Raises:
            ApiError: the server refused the request, or did not answer it.
        """
        return await self.request_decoded(request, json.loads, priority)

    async def request_decoded(
        self,
        request: Request,
        decode: Callable[[bytes], Any],
        priority: Priority = Priority.NORMAL,
    ) -> Body:
        """Return the JSON object that a request is answered with, decoded by the caller.

        Args:
            request: what to send.
            decode: decodes the response; raises ValueError.
            priority: the request's priority in the rate limiter.

        Raises:
            ApiError: the server refused the request, or did not answer it.
            TooLarge: the response is too large.
        """
        response = await self._send(request, priority, self._transport.request)
        if response.status >= 400:
            raise self._error(request, response, response.body)
        where = f"{request.method} {request.path}"
        try:
            parsed = decode(response.body)
        except (ValueError, RecursionError) as error:
            raise errors.Unavailable(f"{where}: the response is not JSON: {error}") from error
        if not isinstance(parsed, dict):
            raise errors.Unavailable(f"{where}: the response is not a JSON object")
        return parsed

    @contextlib.asynccontextmanager
    async def stream(
        self,
        request: Request,
        idle_timeout: float | None,
        broken: str,
        priority: Priority = Priority.NORMAL,
        *,
        long_running: bool = False,
    ) -> AsyncIterator[ResponseStream]:
        """Yield a response that arrives in chunks.

        Args:
            request: what to send.
            idle_timeout: seconds of silence that count as a broken connection; None for no limit.
            broken: what the error says when the connection breaks.
            priority: the request's priority in the rate limiter.
            long_running: the API server passes the request on, such as to the kubelet that has a log. It
                does not count as a request without an answer, as in the API server's own limit: logs of a
                node that hangs would leave no turn for other requests.

        Raises:
            ApiError: the server refused the request, or the connection broke.
        """
        stream = await self._send(
            request,
            priority,
            lambda r: self._transport.open_stream(r, idle_timeout),
            long_running=long_running,
        )
        try:
            if stream.status != 200:
                raise self._error(request, stream, await stream.read())
            yield stream
        except TransportError as error:
            raise errors.Unavailable(f"{broken}: {error}") from error
        finally:
            stream.close()

    async def _send(
        self,
        request: Request,
        priority: Priority,
        send: Callable[[Request], Awaitable[R]],
        *,
        long_running: bool = False,
    ) -> R:
        """Send a request when it is its turn, if it may be sent, and count it."""
        if self._rate_limiter is None or request.path.startswith(LEASES.prefix):
            return await self._send_now(request, send)
        async with self._rate_limiter.turn(priority, _namespace_of(request.path)):
            if not long_running:
                return await self._send_now(request, send)
        return await self._send_now(request, send)

    async def _send_now(self, request: Request, send: Callable[[Request], Awaitable[R]]) -> R:
        method, path = request.method, request.path
        # Asked after the wait: the operator may have lost its leadership meanwhile.
        if method != "GET" and not path.startswith(_ALWAYS_WRITABLE) and not self.may_write():
            raise errors.NotLeader(f"{method} {path}: this operator is not the leader")
        verb = "WATCH" if "watch" in request.query else method
        try:
            response = await send(request)
        except TransportError as error:
            metrics.API_REQUESTS.labels(verb, _resource_of(path), "none").inc()
            if isinstance(error, ResponseTooLarge):
                raise errors.TooLarge(f"{method} {path}: {error}") from error
            raise errors.Unavailable(f"{method} {path}: {error}") from error
        metrics.API_REQUESTS.labels(verb, _resource_of(path), str(response.status)).inc()
        if response.status == 429 and self._rate_limiter is not None:
            self._rate_limiter.pause(errors.retry_after(response.headers))
        return response

    def _error(
        self, request: Request, response: Response | ResponseStream, body: bytes
    ) -> errors.ApiError:
        error = errors.from_response(response.status, body, response.headers, request.method)
        if isinstance(error, errors.NotPermitted):
            self.on_access_denied(error.denied)
        return error


def _namespace_of(path: str) -> str:
    """Return the namespace in a path; empty for objects of the cluster and for all namespaces."""
    parts = path.split("/")
    after = parts[parts.index("namespaces") + 1 :] if "namespaces" in parts else []
    return after[0] if after else ""


def _resource_of(path: str) -> str:
    """Return the resource in a path, such as ``jobs`` or ``sweeptrials/status``."""
    parts = path.split("/")[3 if path.startswith("/api/") else 4 :] or [""]
    parts = parts[2:] if parts[0] == "namespaces" else parts
    return "/".join([parts[0], *parts[2:]])
