"""The API server as the viewer of a page sees it, by way of ``kubectl proxy`` on a socket of our own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp


class ProxyClient:
    """As much of the Kubernetes client as the gateway uses.

    Args:
        socket: the path of the Unix socket that kubectl listens on.
    """

    def __init__(self, socket: str) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=socket))

    async def close(self) -> None:
        await self._session.close()

    async def param_serialize(self, **call: Any) -> tuple[Any, ...]:
        """The query stands where the headers would."""
        return call["method"], call["resource_path"], call["query_params"], None, None

    async def call_api(
        self, method: str, path: str, query: Any, body: Any, posted: Any, _request_timeout: Any
    ) -> SimpleNamespace:
        """Carry out a request; it only ever reads."""
        assert method == "GET", method
        response = await self._session.get(
            f"http://localhost{path}", params=query, timeout=_request_timeout
        )
        return SimpleNamespace(response=response)
