"""Serves the ingest port, and passes pushes on to the channel."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from ..http_server.connections import Connections, serve
from .channel_client import ChannelClient
from .server import IngestServer, TokenAuthenticator

_COUNTS_INTERVAL = 1.0  # seconds


async def serve_ingest(
    client: ChannelClient,
    listener: socket.socket,
    authenticator: TokenAuthenticator,
    connections: Connections,
    tls: ssl.SSLContext | None,
    *background: Coroutine[Any, Any, None],
) -> None:
    """Serve reports until the channel is closed.

    Args:
        client: the client of the channel; submits the pushes.
        listener: the listening socket.
        authenticator: authenticates the senders' tokens.
        connections: the connections of the port, with their limits.
        tls: None for plain HTTP.
        background: coroutines that run meanwhile.
    """
    server = IngestServer(authenticator, client, connections)
    runner = server.runner()
    await runner.setup()
    assert runner.server is not None
    serving = serve(listener, runner.server, connections, tls)
    parts = (client.run(), _send_counts(server, client), serving, *background)
    tasks = [asyncio.ensure_future(part) for part in parts]
    client.send({"listening": True})
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


def _resident_memory() -> int:
    """Return the resident memory in bytes; 0 where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _send_counts(server: IngestServer, client: ChannelClient) -> None:
    """Send what the operator's process adds to its metrics, once a second."""
    while True:
        await asyncio.sleep(_COUNTS_INTERVAL)
        refused = server.connections.refused
        counts = {
            "answers": dict(server.responses),
            "refused": dict(refused),
            "connections": server.connections.count,
            "memory": _resident_memory(),
        }
        server.responses.clear()
        refused.clear()
        client.send({"counts": counts})
