"""The ingestion process: TLS, HTTP and tokens, so that no sender costs the control loop anything.

    python -m sweepjob.ingest CHANNEL

CHANNEL is the file descriptor of the socket to the operator's process; at its end this process ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import uvloop

from ..http_server.certificate import Certificate
from ..http_server.connections import Connections, listen
from ..http_server.limits import ConnectionLimits
from ..kube.client import connect
from ..kube.rate_limiter import RequestRateLimiter
from ..settings import Settings
from ..telemetry.log_format import configure
from .authentication import Authenticator
from .client import ChannelClient
from .worker import ingest

# TokenReviews a second: a budget of their own, beside the one of the control loop.
_REVIEW_RATE, _REVIEW_BURST = 50.0, 100


async def run(settings: Settings, channel: socket.socket) -> None:
    """Until the channel ends."""
    listener = listen(settings.intake_port)
    api = await connect(
        strict_tls=settings.strict_tls, pace=RequestRateLimiter(_REVIEW_RATE, _REVIEW_BURST)
    )
    client = await ChannelClient.connect(channel)
    api.on_denied = client.send_denied
    limits = ConnectionLimits(settings.intake_connections, settings.intake_connections_per_address)
    connections = Connections(limits)
    tls, others = None, []
    if settings.certificate is not None and settings.key is not None:
        certificate = Certificate(settings.certificate, settings.key)
        tls, others = certificate.context, [certificate.keep()]
    await ingest(client, listener, Authenticator(api), connections, tls, *others)
    await api.close()


def main() -> int:
    # The operator's process is told to end, and closes the channel when it has.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    configure(os.environ)
    channel = socket.socket(fileno=int(sys.argv[1]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(Settings.of(os.environ), channel))
    return 0


if __name__ == "__main__":
    sys.exit(main())
