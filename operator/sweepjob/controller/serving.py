"""The port of probes and metrics, for as long as the process lives."""

from __future__ import annotations

from aiohttp import web

from .ingest.connections import Connections, listen, serve
from .ingest.http_log import quiet_logger
from .ingest.limits import ConnectionLimits

# Probes and metrics are short requests of few peers.
_CONNECTIONS, _PER_PEER = 128, 16


async def serve_telemetry(application: web.Application, port: int) -> None:
    """Serve for ever, within limits: anybody in the cluster may reach the port."""
    runner = web.AppRunner(application, access_log=None, logger=quiet_logger("telemetry"))
    await runner.setup()
    assert runner.server is not None
    await serve(listen(port), runner.server, Connections(ConnectionLimits(_CONNECTIONS, _PER_PEER)))
