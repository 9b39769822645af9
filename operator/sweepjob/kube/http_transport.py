"""HTTP to an API server, by aiohttp.

The generated client of the kubernetes package is not used: it converts each body through its models,
which costs as much as the request, and its watch stops at long lines. It reads kubeconfigs
(``connection``).
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import getproxies

import aiohttp

from ..version import __version__
from .transport import (
    MAX_RESPONSE,
    Request,
    Response,
    ResponseStream,
    ResponseTooLarge,
    TransportError,
)

_CONNECT_TIMEOUT = 10.0  # seconds
_REQUEST_TIMEOUT = 30.0  # seconds for a request that is not a stream
# Seconds until a stream begins. A kubelet begins that of a log at once, also where the log is empty.
_STREAM_START_TIMEOUT = 60.0
# At a time, watches included. Streams that may be silent for as long as they like, such as a trainer's
# log, have connections of their own: they would use up those of all other requests.
_CONNECTIONS = 64
_READ_BUFFER = 2**21  # bytes; a watch event can exceed aiohttp's default
_STRICT_TLS_REMEDY = (
    "The certificate authority of this API server lacks extensions that Python demands; set "
    "SWEEPJOB_STRICT_TLS=false (chart: kubernetes.strictTls=false) to accept it."
)


async def _no_authorization() -> str | None:
    return None


def _plain_connector(limit: int) -> aiohttp.BaseConnector:
    return aiohttp.TCPConnector(limit=limit)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an API server is, and how to log in to it.

    Attributes:
        url: the URL up to the host or a path prefix, without a trailing slash.
        connector: makes a connection pool of the given size, 0 for no limit.
        authorization: the Authorization header of the next request, None for none. Called before each
            request, so that a token can be renewed.
        proxy: URL of an HTTP proxy; None to follow the environment.
        server_name: the name that the server's certificate must be valid for; None for the URL's host.
    """

    url: str
    connector: Callable[[int], aiohttp.BaseConnector] = _plain_connector
    authorization: Callable[[], Awaitable[str | None]] = _no_authorization
    proxy: str | None = None
    server_name: str | None = None


class HttpTransport:
    """Implements ``Transport``; to be made, used and closed in one event loop.

    Args:
        endpoint: the API server.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._pooled = _session(endpoint, _CONNECTIONS)
        self._unpooled = _session(endpoint, 0)

    async def close(self) -> None:
        """End all connections."""
        await self._pooled.close()
        await self._unpooled.close()

    async def request(self, request: Request) -> Response:
        """Send a request and read the response.

        Raises:
            TransportError: no complete response arrived within 30 seconds.
            ResponseTooLarge: it is too large.
        """
        timeout = aiohttp.ClientTimeout(total=_REQUEST_TIMEOUT, sock_connect=_CONNECT_TIMEOUT)
        response = await self._send(self._pooled, request, timeout)
        parts, size = [], 0
        async for chunk in _chunks(response):
            parts.append(chunk)
            size += len(chunk)
            if size > MAX_RESPONSE:
                response.close()
                raise ResponseTooLarge(f"the response has more than {MAX_RESPONSE} bytes")
        return Response(response.status, b"".join(parts), response.headers)

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        """Send a request and return once the response has begun.

        Args:
            request: what to send.
            idle_timeout: seconds of silence that count as a broken connection. None for a stream that may
                be silent for as long as it likes.

        Raises:
            TransportError: no response began within a minute.
        """
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=idle_timeout
        )
        # Outside of the pool: watches of many namespaces would leave no connection for requests.
        try:
            async with asyncio.timeout(_STREAM_START_TIMEOUT):
                response = await self._send(self._unpooled, request, timeout)
        except TimeoutError as error:
            text = f"no response began within {_STREAM_START_TIMEOUT:g} s"
            raise TransportError(text) from error
        return ResponseStream(
            response.status, _chunks(response), response.headers, close=response.close
        )

    async def _send(
        self, session: aiohttp.ClientSession, request: Request, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        endpoint = self._endpoint
        try:
            return await session.request(
                request.method,
                _url(endpoint.url, request),
                headers=await self._headers(request),
                data=None if request.body is None else json.dumps(request.body),
                timeout=limits,
                proxy=endpoint.proxy,
                server_hostname=endpoint.server_name,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransportError(_describe(error)) from error

    async def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Content-Type": request.content_type}
        if request.accept:
            headers["Accept"] = request.accept
        authorization = await self._endpoint.authorization()
        if authorization is not None:
            headers["Authorization"] = authorization
        return headers


def _session(endpoint: Endpoint, limit: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=endpoint.connector(limit),
        headers={"User-Agent": f"sweepjob/{__version__}"},
        # Asked once: aiohttp would read the environment, and a file, at every request.
        trust_env=bool(getproxies()),
        read_bufsize=_READ_BUFFER,
    )


def _url(base: str, request: Request) -> str:
    query = urlencode({name: value for name, value in request.query.items() if value})
    return f"{base}{request.path}?{query}" if query else f"{base}{request.path}"


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Yield the body as it arrives; aiohttp's line iterator fails at 128 KiB, which pods exceed."""
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, TimeoutError) as error:
        raise TransportError(repr(error)) from error


def _describe(error: Any) -> str:
    """Return the error, and what to do about a certificate that Python rejects."""
    rejected = isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(error)
    return f"{error!r}. {_STRICT_TLS_REMEDY}" if rejected else f"{error!r}."
