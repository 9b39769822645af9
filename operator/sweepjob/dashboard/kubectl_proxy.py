"""The API server with the viewer's own rights, by way of ``kubectl proxy`` on a Unix socket."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp


class KubectlProxyClient:
    """The part of the Kubernetes client that the gateway uses.

    Args:
        socket: path of the Unix socket that kubectl listens on.
    """

    def __init__(self, socket: str) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=socket))

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    async def param_serialize(self, **call: Any) -> tuple[Any, ...]:
        """Returns the arguments of ``call_api``; the query takes the place of the headers."""
        return call["method"], call["resource_path"], call["query_params"], None, None

    async def call_api(
        self, method: str, path: str, query: Any, body: Any, posted: Any, _request_timeout: Any
    ) -> SimpleNamespace:
        """Sends a request, which must be a GET."""
        assert method == "GET", method
        response = await self._session.get(
            f"http://localhost{path}", params=query, timeout=_request_timeout
        )
        return SimpleNamespace(response=response)
