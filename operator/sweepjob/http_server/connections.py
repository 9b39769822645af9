"""Connections of a port that everything in the cluster can reach: limited before TLS, with timeouts.

A connection is ended when a request takes too long to arrive, or a response too long to be read. aiohttp
limits neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from typing import cast

from .limits import ConnectionLimits

# Seconds from the start of a connection, or from the first byte of a request, to the end of the request.
_REQUEST_SECONDS = 10.0
_READ_SECONDS = 10.0  # how long a peer may leave a response unread
_HANDSHAKE_SECONDS = 10.0
_ACCEPT_PAUSE = 0.1  # seconds before accepting is tried again


class Connection(asyncio.Protocol):
    """Wraps a connection's protocol, and aborts the connection when a timeout expires.

    Args:
        inner: the protocol of the HTTP server.
        connections: all connections of the port.
        peer: the address of the client.

    Attributes:
        establishing: the task of the TLS handshake.
    """

    def __init__(self, inner: asyncio.Protocol, connections: Connections, peer: str) -> None:
        self._inner = inner
        self._connections = connections
        self.peer = peer
        self._request: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.establishing: asyncio.Task[None] | None = None

    @property
    def is_established(self) -> bool:
        """Whether the TLS handshake is done."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = cast(asyncio.Transport, transport)
        self._connections.establish(self._transport, self)
        self._await_request()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        if self._request is None:
            self._await_request()
        self._inner.data_received(data)

    def request_arrived(self) -> None:
        """Note that a request has arrived completely."""
        _cancel(self._request)
        self._request = None

    def eof_received(self) -> bool | None:
        """See ``asyncio.Protocol``."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        _cancel(self._request)
        self._request = None
        _cancel(self._unread)
        self._unread = None
        self._connections.remove(self._transport, self)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        if self._unread is None:
            self._unread = self._later(_READ_SECONDS)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """See ``asyncio.Protocol``."""
        _cancel(self._unread)
        self._unread = None
        self._inner.resume_writing()

    def abort(self) -> None:
        """End the connection, or its handshake, at once."""
        if self._transport is not None:
            self._transport.abort()
        elif self.establishing is not None:
            self.establishing.cancel()

    def _await_request(self) -> None:
        self._request = self._later(self._connections.request_seconds)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class Connections:
    """All connections of a port.

    When the port is full, a new connection replaces the oldest one that has not authenticated.

    Args:
        limits: how many there may be; None for the default limits.
        request_seconds: how many seconds a request may take to arrive.

    Attributes:
        refused: how many connections were refused or evicted, by limit.
    """

    def __init__(
        self, limits: ConnectionLimits | None = None, request_seconds: float = _REQUEST_SECONDS
    ) -> None:
        self._limits = ConnectionLimits() if limits is None else limits
        self.request_seconds = request_seconds
        self._open: dict[asyncio.BaseTransport, Connection] = {}
        self._unauthenticated: dict[Connection, None] = {}  # oldest first
        self.refused: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many connections there are."""
        return self._limits.count

    def admits(self, peer: str) -> bool:
        """Return whether a peer may have another connection."""
        reason = self._limits.refusal(peer, time.monotonic())
        if reason is None and self._limits.is_full and not self._evict_oldest():
            reason = "total"
        if reason is not None:
            self.refused[reason] += 1
        return reason is None

    def _evict_oldest(self) -> bool:
        oldest = next(iter(self._unauthenticated), None)
        if oldest is None:
            return False
        self.refused["evicted"] += 1
        del self._unauthenticated[oldest]
        oldest.abort()
        return True

    def add(self, connection: Connection) -> None:
        """Count a connection that was accepted."""
        self._limits.opened(connection.peer)
        self._unauthenticated[connection] = None

    def establish(self, transport: asyncio.BaseTransport, connection: Connection) -> None:
        """Note that the TLS handshake of a connection is done."""
        self._open[transport] = connection

    def remove(self, transport: asyncio.BaseTransport | None, connection: Connection) -> None:
        """Remove a connection that has ended, or was never established."""
        if transport is not None:
            self._open.pop(transport, None)
        self._unauthenticated.pop(connection, None)
        self._limits.closed(connection.peer)

    def request_arrived(self, transport: asyncio.BaseTransport | None) -> None:
        """Note that a request has arrived completely."""
        if transport is not None and (connection := self._open.get(transport)) is not None:
            connection.request_arrived()

    def authenticated(self, transport: asyncio.BaseTransport | None) -> None:
        """Note that a token on this connection was valid, so it is no longer evicted."""
        if transport is not None and (connection := self._open.get(transport)) is not None:
            self._unauthenticated.pop(connection, None)

    def peer_of(self, transport: asyncio.BaseTransport | None) -> str:
        """Return the address of a connection's client; empty when the connection has ended."""
        connection = None if transport is None else self._open.get(transport)
        return "" if connection is None else connection.peer


def listen(port: int) -> socket.socket:
    """Return a listening socket for IPv4, and for IPv6 where the machine has it."""
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # IPv6 is compiled in, but disabled
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024
            )
    return socket.create_server(("", port), backlog=1024)


async def serve(
    listener: socket.socket,
    make: Callable[[], asyncio.Protocol],
    connections: Connections,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Accept connections within the limits until cancelled.

    Args:
        listener: the listening socket.
        make: makes the HTTP server's protocol of a connection.
        connections: the connections of the port, with their limits.
        tls: None for plain HTTP.
    """
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    establishing: set[asyncio.Task[None]] = set()
    while True:
        try:
            accepted, address = await loop.sock_accept(listener)
        except OSError:  # no file descriptors left, or the peer closed the connection
            await asyncio.sleep(_ACCEPT_PAUSE)
            continue
        peer = str(address[0])
        if not connections.admits(peer):
            accepted.close()
            continue
        connection = Connection(make(), connections, peer)
        connections.add(connection)
        task = loop.create_task(_establish(accepted, connection, connections, tls))
        connection.establishing = task
        establishing.add(task)
        task.add_done_callback(establishing.discard)


async def _establish(
    accepted: socket.socket,
    connection: Connection,
    connections: Connections,
    tls: ssl.SSLContext | None,
) -> None:
    timeout = None if tls is None else _HANDSHAKE_SECONDS
    try:
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection, accepted, ssl=tls, ssl_handshake_timeout=timeout
        )
    except (OSError, asyncio.CancelledError):  # ssl.SSLError is an OSError
        if not connection.is_established:  # otherwise connection_lost is called
            connections.remove(None, connection)
            accepted.close()
