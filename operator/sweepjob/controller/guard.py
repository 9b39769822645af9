"""Keeps the intake small, whoever talks to it: slow talkers are cut off, busy ones told to wait."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

_REQUEST_SECONDS = 10.0  # from the first byte of a request, or the connection, to the request's end
_RATE, _BURST = 50.0, 100.0  # requests a second for one caller
_CALLERS = 20_000  # remembered


class Guard(asyncio.Protocol):
    """Stands before a connection's protocol and ends the connection when a request takes too long to
    arrive. ``arrived`` is called when one has."""

    def __init__(self, inner: asyncio.Protocol, known: Guards) -> None:
        self._inner = inner
        self._known = known
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._known.enter(transport, self)
        self._start()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._timer is None:
            self._start()
        self._inner.data_received(data)

    def arrived(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.arrived()
        self._known.leave(self._transport)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._known.patience, self._cut_off)

    def _cut_off(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Guards:
    """The guards of all connections.

    Args:
        patience: seconds that a request may take to arrive.
    """

    def __init__(self, patience: float = _REQUEST_SECONDS) -> None:
        self.patience = patience
        self._guards: dict[asyncio.BaseTransport, Guard] = {}

    def before(self, make: Callable[[], asyncio.Protocol]) -> Callable[[], Guard]:
        """A factory of guarded protocols."""
        return lambda: Guard(make(), self)

    def enter(self, transport: asyncio.BaseTransport, guard: Guard) -> None:
        self._guards[transport] = guard

    def leave(self, transport: asyncio.BaseTransport | None) -> None:
        """The connection has ended."""
        if transport is not None:
            self._guards.pop(transport, None)

    def arrived(self, transport: asyncio.BaseTransport | None) -> None:
        """The request on this connection is here, all of it."""
        guard = None if transport is None else self._guards.get(transport)
        if guard is not None:
            guard.arrived()


class Rates:
    """A bucket of requests for each caller: so many a second, and a burst."""

    def __init__(self, rate: float = _RATE, burst: float = _BURST) -> None:
        self._rate, self._burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, caller: str) -> bool:
        """Whether the caller may have another request now; takes one if so."""
        now = time.monotonic()
        left, since = self._left.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        allowed = left >= 1.0
        self._left[caller] = (left - allowed, now)
        while len(self._left) > _CALLERS:
            self._left.popitem(last=False)
        return allowed
