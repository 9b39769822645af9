"""Connections of a port that anybody in the cluster may reach: limited before TLS, and ended when a
request takes too long to arrive or an answer too long to be read.
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

_REQUEST_SECONDS = (
    10.0  # from a connection's start, or a request's first byte, to the request's end
)
_READ_SECONDS = 10.0  # for which the peer may leave an answer unread
_HANDSHAKE_SECONDS = 10.0
_NO_DESCRIPTORS = 0.1  # seconds until accepting is tried again


class Connection(asyncio.Protocol):
    """Stands before a connection's protocol, and aborts the connection when its time is up."""

    def __init__(self, inner: asyncio.Protocol, known: Connections, peer: str) -> None:
        self._inner = inner
        self._known = known
        self.peer = peer
        self._request: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.establishing: asyncio.Task[None] | None = None

    @property
    def is_established(self) -> bool:
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._known.establish(self._transport, self)
        self._await_request()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._request is None:
            self._await_request()
        self._inner.data_received(data)

    def request_arrived(self) -> None:
        """The request is here, all of it."""
        _cancel(self._request)
        self._request = None

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._request)
        self._request = None
        _cancel(self._unread)
        self._unread = None
        self._known.remove(self._transport, self)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._unread is None:
            self._unread = self._later(_READ_SECONDS)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        _cancel(self._unread)
        self._unread = None
        self._inner.resume_writing()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        elif self.establishing is not None:
            self.establishing.cancel()

    def _await_request(self) -> None:
        self._request = self._later(self._known.request_seconds)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class Connections:
    """All connections of a port.

    Where there is no room for another one, the oldest that has shown no valid token makes room.

    Args:
        request_seconds: for a request to arrive.
    """

    def __init__(
        self, limits: ConnectionLimits | None = None, request_seconds: float = _REQUEST_SECONDS
    ) -> None:
        self._limits = ConnectionLimits() if limits is None else limits
        self.request_seconds = request_seconds
        self._open: dict[asyncio.BaseTransport, Connection] = {}
        self._unproven: dict[Connection, None] = {}  # in their order
        self.refused: Counter[str] = Counter()

    @property
    def count(self) -> int:
        return self._limits.count

    def admits(self, peer: str) -> bool:
        """Whether a peer may have another connection."""
        reason = self._limits.refusal(peer, time.monotonic())
        if reason is None and self._limits.is_full and not self._make_room():
            reason = "total"
        if reason is not None:
            self.refused[reason] += 1
        return reason is None

    def _make_room(self) -> bool:
        oldest = next(iter(self._unproven), None)
        if oldest is None:
            return False
        self.refused["evicted"] += 1
        del self._unproven[oldest]
        oldest.abort()
        return True

    def add(self, connection: Connection) -> None:
        """A connection that was accepted; it counts from now on."""
        self._limits.opened(connection.peer)
        self._unproven[connection] = None

    def establish(self, transport: asyncio.BaseTransport, connection: Connection) -> None:
        """Its TLS handshake is done."""
        self._open[transport] = connection

    def remove(self, transport: asyncio.BaseTransport | None, connection: Connection) -> None:
        """It has ended, or was never established."""
        if transport is not None:
            self._open.pop(transport, None)
        self._unproven.pop(connection, None)
        self._limits.closed(connection.peer)

    def request_arrived(self, transport: asyncio.BaseTransport | None) -> None:
        """The request on this connection is here, all of it."""
        if transport is not None and (connection := self._open.get(transport)) is not None:
            connection.request_arrived()

    def authenticated(self, transport: asyncio.BaseTransport | None) -> None:
        """The connection's token was valid: it does not make room for others."""
        if transport is not None and (connection := self._open.get(transport)) is not None:
            self._unproven.pop(connection, None)

    def peer_of(self, transport: asyncio.BaseTransport | None) -> str:
        connection = None if transport is None else self._open.get(transport)
        return "" if connection is None else connection.peer


def listen(port: int) -> socket.socket:
    """A listening socket of both families where the machine has both."""
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # compiled in, but switched off
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
    """Accept connections for ever, those beyond the limits excepted.

    Args:
        make: a protocol for a connection.
    """
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    establishing: set[asyncio.Task[None]] = set()
    while True:
        try:
            accepted, address = await loop.sock_accept(listener)
        except OSError:  # out of file descriptors, or the peer has gone already
            await asyncio.sleep(_NO_DESCRIPTORS)
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
        if not connection.is_established:  # else its connection_lost is called
            connections.remove(None, connection)
            accepted.close()
