"""The ingestion process of the bench: the product's own, without an API server that reviews tokens. It takes a
token's claims as they are, which costs as much as a token that was reviewed before.

    python -m tests.bench.intake.unverified_tokens CERTIFICATE KEY PORT CHANNEL
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
import sys

import uvloop
from sweepjob.http_server.connections import Connections
from sweepjob.http_server.limits import ConnectionLimits
from sweepjob.ingest.authentication import Caller
from sweepjob.ingest.channel_client import ChannelClient
from sweepjob.ingest.serving import serve_ingest

from tests.fake_api.harness import NAMESPACE


class UnverifiedTokens:
    """A fake of the authenticator."""

    def __init__(self) -> None:
        self._known: dict[str, Caller] = {}

    async def authenticate(self, token: str, peer: str) -> Caller | None:
        found = self._known.get(token)
        if found is None:
            pod = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))["pod"]
            found = self._known[token] = Caller(NAMESPACE, pod["name"], pod["uid"])
        return found


async def main() -> None:
    certificate, key, port, channel = sys.argv[1:]
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=1024)
    # All trials have one address here.
    limits = ConnectionLimits(total=10_000, per_peer=10_000, new_rate=1e6, new_burst=1e6)
    client = await ChannelClient.connect(socket.socket(fileno=int(channel)))
    await serve_ingest(client, listener, UnverifiedTokens(), Connections(limits), tls)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
