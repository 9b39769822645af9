"""The ingestion process: TLS, HTTP and tokens, so that senders cannot slow the operator down.

    python -m sweepjob.ingest CHANNEL

CHANNEL is the file descriptor of the socket to the operator's process. When that closes, this process
ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import uvloop

from .. import garbage_collection
from ..http_server.certificate import Certificate
from ..http_server.connections import Connections, listen
from ..http_server.limits import ConnectionLimits
from ..kube.connection import connect
from ..kube.rate_limiter import RequestRateLimiter
from ..settings import OperatorSettings
from ..telemetry.log_format import configure
from .authentication import TokenReviewAuthenticator
from .channel_client import ChannelClient
from .limits import REVIEW_BURST, REVIEW_RATE
from .serving import serve_ingest


async def run(settings: OperatorSettings, channel: socket.socket) -> None:
    """Serve until the channel is closed.

    Args:
        settings: the settings from the process's environment.
        channel: the socket to the operator's process.
    """
    listener = listen(settings.ingest_port)
    api = await connect(
        strict_tls=settings.strict_tls, rate_limiter=RequestRateLimiter(REVIEW_RATE, REVIEW_BURST)
    )
    client = await ChannelClient.connect(channel)
    api.on_access_denied = client.send_denied_access
    limits = ConnectionLimits(settings.ingest_connections, settings.ingest_connections_per_address)
    connections = Connections(limits)
    tls, background = None, [garbage_collection.collect_when_doubled()]
    if settings.certificate is not None and settings.key is not None:
        certificate = Certificate(
            settings.certificate, settings.key, client.send_certificate_problem
        )
        tls = certificate.context
        background.append(certificate.run())
    await serve_ingest(
        client, listener, TokenReviewAuthenticator(api), connections, tls, *background
    )
    await api.close()


def main() -> int:
    """Run the process; return its exit code."""
    # The operator's process handles the signals, and closes the channel when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    configure(os.environ)
    garbage_collection.collect_among_new_objects_only()
    channel = socket.socket(fileno=int(sys.argv[1]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(OperatorSettings.of(os.environ), channel))
    return 0


if __name__ == "__main__":
    sys.exit(main())
