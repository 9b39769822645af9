"""Text over HTTP that arrives piece by piece, such as the log of a pod."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from ..kube import errors
from .http_headers import NOT_STORED, SECURITY_HEADERS
from .trial_log import TrialLog

_GATHER_SECONDS = 0.1  # pieces within this time are sent together
_GATHER_LENGTH = 64 * 1024  # characters that are sent at once
_PATIENCE = 2.0  # seconds without text after which the connection is looked at
_RIGHTS_SECONDS = 20.0  # a viewer whose permission is revoked reads for this long


async def send_log(
    request: web.Request, log: TrialLog, is_allowed: Callable[[], Awaitable[bool]]
) -> web.StreamResponse:
    """Send a log until it ends, the viewer leaves, or the viewer's permission is revoked.

    The first piece is awaited before the answer begins, so that a log which cannot be read is an error.

    Args:
        request: the viewer's request.
        log: the log.
        is_allowed: whether the viewer may still read; called every 20 seconds.

    Raises:
        ApiError: the log cannot be read.
    """
    pieces = _Pieces(log.text)
    try:
        first = await pieces.next(_PATIENCE)
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Pod": log.pod}
        response = web.StreamResponse(headers={**headers, **NOT_STORED, **SECURITY_HEADERS})
        response.headers["X-Most-Lines"] = str(log.most_lines)
        response.headers["X-Accel-Buffering"] = "no"
        await response.prepare(request)
        with contextlib.suppress(ConnectionError, errors.ApiError):
            await _send(request, response, pieces, first, is_allowed)
        return response
    finally:
        await pieces.close()


async def _send(
    request: web.Request,
    response: web.StreamResponse,
    pieces: _Pieces,
    text: str | None,
    is_allowed: Callable[[], Awaitable[bool]],
) -> None:
    checked = time.monotonic()
    while text is not None:
        if text:
            await response.write(text.encode("utf-8", "replace"))
        elif request.transport is None or request.transport.is_closing():
            return
        if time.monotonic() - checked > _RIGHTS_SECONDS:
            checked = time.monotonic()
            if not await is_allowed():
                return
        text = await pieces.next(_PATIENCE)


class _Pieces:
    """Gathers pieces of text that arrive soon after one another."""

    def __init__(self, text: AsyncIterator[str]) -> None:
        self._text = text
        self._next: asyncio.Future[str] | None = None

    async def next(self, seconds: float) -> str | None:
        """Return the text that has arrived; empty after some seconds without any, None at the end."""
        gathered = ""
        while len(gathered) < _GATHER_LENGTH:
            if self._next is None:
                self._next = asyncio.ensure_future(anext(self._text))
            done, _ = await asyncio.wait(
                [self._next], timeout=_GATHER_SECONDS if gathered else seconds
            )
            if not done:
                return gathered
            arrived, self._next = self._next, None
            try:
                gathered += arrived.result()
            except StopAsyncIteration:
                self._next = arrived if gathered else None
                return gathered or None
        return gathered

    async def close(self) -> None:
        """Stop reading."""
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._next
        close = getattr(self._text, "aclose", None)
        if close is not None:
            with contextlib.suppress(Exception):
                await close()
