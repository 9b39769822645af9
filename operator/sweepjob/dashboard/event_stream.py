"""Server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from ..kube import errors
from .cache_sync import Unavailable
from .http_headers import NOT_STORED, SECURITY_HEADERS

# Seconds without an event after which a comment is sent, which keeps proxies from closing the connection.
_KEEP_ALIVE = 20.0


def dump_json(value: Mapping[str, Any]) -> str:
    """Return JSON in one line, as short as possible. Halves of characters become question marks.

    Raises:
        ValueError: a number is infinite or NaN.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


async def send_events(
    request: web.Request,
    events: AsyncIterator[Mapping[str, Any]],
    is_allowed: Callable[[], Awaitable[bool]],
) -> web.StreamResponse:
    """Send events until there are no more, the viewer leaves, or the viewer's permission is revoked.

    Args:
        request: the viewer's request.
        events: each is sent as JSON.
        is_allowed: whether the viewer may still read; called after every event and keep-alive.
    """
    headers = {"Content-Type": "text/event-stream", **NOT_STORED, **SECURITY_HEADERS}
    response = web.StreamResponse(headers={**headers, "X-Accel-Buffering": "no"})
    await response.prepare(request)
    next_event = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait([next_event], timeout=_KEEP_ALIVE)
            if done:
                text = await asyncio.to_thread(dump_json, next_event.result())
                await response.write(f"data: {text}\n\n".encode())
                next_event = asyncio.ensure_future(anext(events))
            else:
                await response.write(b": still here\n\n")
            if not await is_allowed():
                return response
    except (ConnectionError, StopAsyncIteration, Unavailable, errors.ApiError):
        return response  # the page requests the stream again, and receives the error then
    finally:
        next_event.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await next_event
