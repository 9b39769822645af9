"""The operator's connection to the API server in memory, in place of the Kubernetes client's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ..api.times import parse_time
from .api_server import MemoryApiServer, Request

# A container's log: lines with their times, until the container ends. The arguments are the pod, and
# the time (seconds since the epoch) before which lines may be left out.
Logs = Callable[[str, float], AsyncIterator[bytes]]


class Content:
    """A body that comes in pieces."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks

    def iter_any(self) -> AsyncIterator[bytes]:
        return self._chunks


@dataclass
class Response:
    """As much of aiohttp's response as the gateway uses."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Content | None = None

    async def read(self) -> bytes:
        return self.body

    def close(self) -> None:
        """Nothing is held."""


class LocalClient:
    """As much of the Kubernetes client as the gateway uses.

    Args:
        logs: the log of a pod, by its name and from a time on.
    """

    def __init__(self, server: MemoryApiServer, logs: Logs) -> None:
        self._server = server
        self._logs = logs

    async def close(self) -> None:
        """Nothing is held."""

    async def param_serialize(self, **call: Any) -> tuple[Any, ...]:
        """The query stands where the headers would."""
        return call["method"], call["resource_path"], dict(call["query_params"]), None, None

    async def call_api(
        self, method: str, path: str, query: Any, body: Any, posted: Any, _request_timeout: Any
    ) -> SimpleNamespace:
        """Carry out a request."""
        return SimpleNamespace(response=self._answer(Request(method, path, query, body)))

    def _answer(self, request: Request) -> Response:
        if "watch" in request.query:
            return Response(200, content=Content(self._events(request)))
        if request.parts()[3] == "log":
            after = parse_time(request.query.get("sinceTime")) or 0.0
            return Response(200, content=Content(self._logs(request.parts()[2], after)))
        status, body = self._server.answer(request)
        return Response(status, json.dumps(body).encode())

    async def _events(self, request: Request) -> AsyncIterator[bytes]:
        async for _, event in self._server.watch(request):
            yield json.dumps(event).encode() + b"\n"
