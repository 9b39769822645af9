"""The page's own process in a cluster, beside the operator: the chart's ``dashboard.enabled``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from aiohttp import web

from ..http_server.connections import Connections, listen, serve
from ..http_server.limits import ConnectionLimits
from ..http_server.log import quiet_logger
from ..kube.client import connect
from ..telemetry import log_format as logs
from .access import Reviewed
from .hub import Hub
from .server import Server

_CONNECTIONS = 2048


async def run() -> None:
    """Serve until the process is told to end.

    SWEEPJOB_NAMESPACES has the namespaces, comma-separated, empty for all; SWEEPJOB_PAGE_PORT,
    SWEEPJOB_USER_HEADER and SWEEPJOB_GROUPS_HEADER are the port and what an authenticating proxy says.
    """
    get = os.environ.get
    api = await connect(strict_tls=get("SWEEPJOB_STRICT_TLS", "true") != "false")
    namespaces: list[str | None] = [n for n in get("SWEEPJOB_NAMESPACES", "").split(",") if n]
    hub = Hub(api, namespaces or [None])
    access = Reviewed(api, get("SWEEPJOB_USER_HEADER", ""), get("SWEEPJOB_GROUPS_HEADER", ""))
    # Behind a proxy all viewers have one address.
    connections = Connections(ConnectionLimits(_CONNECTIONS, _CONNECTIONS, 200.0, 1000.0))
    application = Server(hub, access, connections).application()
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=2, logger=quiet_logger("page")
    )
    await runner.setup()
    assert runner.server is not None
    listener = listen(int(get("SWEEPJOB_PAGE_PORT", "8080")))
    serving = asyncio.create_task(serve(listener, runner.server, connections))
    watching = asyncio.create_task(hub.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, watching.cancel)
    try:
        await watching
    except asyncio.CancelledError:
        serving.cancel()
        hub.close()
        await runner.cleanup()
        await api.close()


def main() -> int:
    logs.configure(os.environ)
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
