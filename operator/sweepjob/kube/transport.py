"""The connection below the client of the API server: requests in, responses and streams out.

``HttpTransport`` (``http_transport``) speaks HTTP. Sweeps on one machine and the tests implement the same
protocol over an API server in memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Body = dict[str, Any]
# Bytes of a response. A page of 500 objects has some megabytes; one object has ten at most.
MAX_RESPONSE = 64 * 1024 * 1024


class TransportError(Exception):
    """No complete response arrived. The server may still have carried out the request."""


class ResponseTooLarge(TransportError):
    """The response is larger than ``MAX_RESPONSE``; the rest of it was not read."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to the API server.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: the path, starting with ``/api`` or ``/apis``, percent-encoded.
        query: parameters, not encoded; an empty value counts as absent.
        body: sent as JSON; None for no body.
        content_type: the media type of the body.
        accept: the media type to ask for; empty for the server's default, JSON.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    content_type: str = "application/json"
    accept: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response, of any status."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResponseStream:
    """A response whose body arrives in chunks, such as a watch or a followed log.

    Attributes:
        chunks: the body, divided wherever the network divides it; raises ``TransportError`` when the
            connection breaks.
        close: ends the connection; must always be called.
    """

    status: int
    chunks: AsyncIterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None

    async def read(self) -> bytes:
        """Return the rest of the body, for responses that are an error."""
        return b"".join([chunk async for chunk in self.chunks])

    async def lines(self, longest: int) -> AsyncGenerator[bytes]:
        """Return the body's lines, without their ends.

        Args:
            longest: bytes that are kept of a line without an end; of a longer one only its tail remains.
        """
        parts: list[bytes] = []  # of a line without an end; joined once, since there may be many
        size = 0
        async for chunk in self.chunks:
            first, *others = chunk.split(b"\n")
            parts.append(first)
            size += len(first)
            if others:
                yield b"".join(parts)
                *complete, rest = others
                for line in complete:
                    yield line
                parts, size = [rest], len(rest)
            elif size > longest:
                parts = [b"".join(parts)[-longest:]]
                size = len(parts[0])
        if size:
            yield b"".join(parts)


class Transport(Protocol):
    """Carries requests to one API server, with whatever login it needs."""

    async def request(self, request: Request) -> Response:
        """Send a request and read the response, whatever its status.

        Raises:
            TransportError: no complete response arrived in time.
        """
        ...

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        """Send a request and return once the response has begun.

        Args:
            request: what to send.
            idle_timeout: seconds of silence that count as a broken connection; None for a stream that may
                be silent for as long as it likes.

        Raises:
            TransportError: no response began in time.
        """
        ...

    async def close(self) -> None:
        """End all connections."""
        ...
