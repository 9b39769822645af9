"""The ingestion process between its port and its channel."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from ..http_server.connections import Connections, serve
from .client import ChannelClient
from .server import Identifies, IngestServer

_COUNT_SECONDS = 1.0


async def ingest(
    client: ChannelClient,
    listener: socket.socket,
    identifies: Identifies,
    connections: Connections,
    tls: ssl.SSLContext | None,
    *others: Coroutine[Any, Any, None],
) -> None:
    """Serve reports until the channel ends.

    Args:
        client: of the channel.
        others: what runs beside it.
    """
    server = IngestServer(identifies, client, connections)
    runner = server.runner()
    await runner.setup()
    assert runner.server is not None
    serving = serve(listener, runner.server, connections, tls)
    parts = (client.run(), _send_counts(server, client), serving, *others)
    tasks = [asyncio.ensure_future(part) for part in parts]
    client.send({"listening": True})
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


def _resident_memory() -> int:
    """Bytes; 0 where the system has no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _send_counts(server: IngestServer, client: ChannelClient) -> None:
    """What the operator's process shows as metrics, once a second."""
    while True:
        await asyncio.sleep(_COUNT_SECONDS)
        refused = server.connections.refused
        counts = {
            "answers": dict(server.answers),
            "refused": dict(refused),
            "connections": server.connections.count,
            "memory": _resident_memory(),
        }
        server.answers.clear()
        refused.clear()
        client.send({"counts": counts})
