"""Serves the port of probes and metrics."""

from __future__ import annotations

from aiohttp import web

from ..http_server.connections import Connections, listen, serve
from ..http_server.limits import ConnectionLimits
from ..http_server.malformed_requests import quiet_logger

# Probes and metrics are short requests of few peers: connections in all, and of one peer.
_CONNECTIONS, _PER_PEER = 128, 16


async def serve_telemetry(application: web.Application, port: int) -> None:
    """Serve within limits until cancelled: everything in the cluster can reach the port.

    Args:
        application: the endpoints.
        port: the port to listen on.
    """
    runner = web.AppRunner(application, access_log=None, logger=quiet_logger("telemetry"))
    await runner.setup()
    assert runner.server is not None
    await serve(listen(port), runner.server, Connections(ConnectionLimits(_CONNECTIONS, _PER_PEER)))
