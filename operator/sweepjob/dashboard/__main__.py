"""The dashboard's process in a cluster: the Deployment that the chart's ``dashboard.enabled`` adds."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from aiohttp import web

from ..http_server.connections import Connections, listen, serve
from ..http_server.limits import ConnectionLimits
from ..http_server.malformed_requests import quiet_logger
from ..kube.connection import connect
from ..telemetry import log_format
from .annotations import ClusterAnnotations
from .cluster_access import ClusterAccess
from .feed_registry import FeedRegistry
from .server import DashboardServer
from .trial_log import ClusterLogs

# Behind a proxy all viewers have one address: the limits of one peer are those of all.
_CONNECTIONS, _NEW_CONNECTIONS, _NEW_BURST = 2048, 200.0, 1000.0


async def run() -> None:
    """Serve the dashboard until SIGTERM.

    Environment variables: SWEEPJOB_NAMESPACES has the namespaces, comma-separated, empty for all;
    SWEEPJOB_PAGE_PORT the port; SWEEPJOB_PAGE_LOGS whether it reads the logs of pods;
    SWEEPJOB_PAGE_TAGS whether viewers may change tags and notes with it;
    SWEEPJOB_USER_HEADER and SWEEPJOB_GROUPS_HEADER the headers of a trusted
    authenticating proxy; SWEEPJOB_STRICT_TLS whether X.509 is checked strictly.
    """
    get = os.environ.get
    api = await connect(strict_tls=get("SWEEPJOB_STRICT_TLS", "true") != "false")
    namespaces: list[str | None] = [n for n in get("SWEEPJOB_NAMESPACES", "").split(",") if n]
    feeds = FeedRegistry(api, namespaces or [None])
    access = ClusterAccess(api, get("SWEEPJOB_USER_HEADER", ""), get("SWEEPJOB_GROUPS_HEADER", ""))
    limits = ConnectionLimits(_CONNECTIONS, _CONNECTIONS, _NEW_CONNECTIONS, _NEW_BURST)
    connections = Connections(limits)
    logs = ClusterLogs(api) if get("SWEEPJOB_PAGE_LOGS") == "true" else None
    annotations = ClusterAnnotations(api) if get("SWEEPJOB_PAGE_TAGS") == "true" else None
    server = DashboardServer(feeds, access, connections, logs=logs, annotations=annotations)
    application = server.application()
    runner = web.AppRunner(
        application, access_log=None, shutdown_timeout=2, logger=quiet_logger("page")
    )
    await runner.setup()
    assert runner.server is not None
    listener = listen(int(get("SWEEPJOB_PAGE_PORT", "8080")))
    serving = asyncio.create_task(serve(listener, runner.server, connections))
    watching = asyncio.create_task(feeds.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, watching.cancel)
    try:
        await watching
    except asyncio.CancelledError:
        serving.cancel()
        feeds.close()
        await runner.cleanup()
        await api.close()


def main() -> int:
    """Run the process; return its exit status."""
    log_format.configure(os.environ)
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
