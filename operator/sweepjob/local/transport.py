"""A transport to the API server in memory, for the operator of a sweep on this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

from ..kube.transport import Request, Response, ResponseStream
from ..timestamps import parse_time
from .api_server import MemoryApiServer, parse_path

# A container's log: lines with their times, until the container ends. The arguments are the pod, and
# the time (seconds since the epoch) before which lines may be left out.
Logs = Callable[[str, float], AsyncIterator[bytes]]
LogTails = Callable[[str], AsyncIterator[bytes]]


class MemoryTransport:
    """Implements ``kube.transport.Transport``; nothing fails or waits.

    Args:
        server: carries out the requests.
        logs: the log of a pod, by its name and from a time on.
        tails: the end of the log of a pod, by its name, once it has ended;
            None where no trial runs.
    """

    def __init__(self, server: MemoryApiServer, logs: Logs, tails: LogTails | None = None) -> None:
        self._server = server
        self._logs = logs
        self._tails = tails

    async def close(self) -> None:
        """There are no connections."""

    async def request(self, request: Request) -> Response:
        """Carry out a request."""
        status, body = self._server.answer(request)
        return Response(status, json.dumps(body).encode())

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        """Open a watch, or a pod's log."""
        path = parse_path(request.path)
        if path.subresource == "log":
            if "tailLines" in request.query and self._tails is not None:
                return ResponseStream(200, self._tails(path.name))
            after = parse_time(request.query.get("sinceTime")) or 0.0
            return ResponseStream(200, self._logs(path.name, after))
        return ResponseStream(200, self._events(request))

    async def _events(self, request: Request) -> AsyncIterator[bytes]:
        async for _, event in self._server.watch(request):
            yield json.dumps(event).encode() + b"\n"
