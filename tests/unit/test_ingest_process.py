"""The ingestion process and the operator's process: what one submits the other answers."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import socket
import ssl
import sys
import time
from pathlib import Path

import pytest
from sweepjob import protocol
from sweepjob.controllers.push_handler import PushHandler
from sweepjob.ingest.authentication import Caller
from sweepjob.ingest.channel import encode
from sweepjob.ingest.channel_client import ChannelClient
from sweepjob.ingest.ingest_process import IngestProcess
from sweepjob.ingest.push_response import PushResponse
from sweepjob.kube.denied_access import DeniedAccess

from tests.cluster import certificates, layout
from tests.fake_api.harness import NAMESPACE


class Remembers(PushHandler):
    """A fake handler: takes every push, but for that of a trial called broken."""

    def __init__(self) -> None:
        self.seen: list[tuple[Caller, protocol.Push]] = []

    def _answer(self, caller: Caller, push: protocol.Push) -> PushResponse:
        if push.trial == "broken":
            raise KeyError("a policy without a reason")
        self.seen.append((caller, push))
        return PushResponse(
            200, json.dumps(protocol.Reply(push.first + len(push.values), 0).dump())
        )


class Port:
    """A running ingestion process."""

    def __init__(self, folder: Path) -> None:
        certificates.issue(folder, [certificates.Identity("i", "i", hosts=("127.0.0.1",))])
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        pair = (str(folder / "i.crt"), str(folder / "i.key"))
        module = ("-m", "tests.bench.intake.unverified_tokens", *pair, str(self.port))
        self.handler = Remembers()
        self.process = IngestProcess(self.handler, (sys.executable, *module))
        self._tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))

    def push(self, push: protocol.Push) -> tuple[int, bytes]:
        """Blocks: to be called in a thread."""
        claims = json.dumps({"pod": {"name": "p", "uid": "u"}}).encode()
        token = f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"
        link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=self._tls)
        link.request(
            "POST", protocol.REPORTS_PATH, push.dump(), {"Authorization": f"Bearer {token}"}
        )
        response = link.getresponse()
        answer = response.status, response.read()
        link.close()
        return answer


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Port:
    monkeypatch.setenv("PYTHONPATH", f"{layout.PROJECT}:{layout.PROJECT / 'operator'}")
    return Port(tmp_path)


async def test_pushes_are_answered_by_the_operators_process(port: Port) -> None:
    running = asyncio.create_task(port.process.run())
    await asyncio.wait_for(port.process.listening.wait(), 60)
    values = (0.5, float("nan"), float("inf"), -float("inf"), 1e-308)
    notices = (protocol.Notice(protocol.AMBIGUOUS_METRIC, "name the run"),)
    push = protocol.Push(NAMESPACE, "sweep-0", 1, values, ("score", "Verlust/\u4e2d"), notices)
    status, body = await asyncio.to_thread(port.push, push)
    assert (status, protocol.Reply.parse(body)) == (200, protocol.Reply(6, 0))
    [(caller, seen)] = port.handler.seen
    assert caller == Caller(NAMESPACE, "p", "u")
    assert repr(seen) == repr(push)  # NaN is not equal to itself
    running.cancel()
    await asyncio.wait([running])


async def test_an_error_of_one_trial_affects_no_other(port: Port) -> None:
    running = asyncio.create_task(port.process.run())
    await asyncio.wait_for(port.process.listening.wait(), 60)
    status, body = await asyncio.to_thread(port.push, protocol.Push(NAMESPACE, "broken", 1, (1.0,)))
    assert (status, b"its log says why" in body) == (500, True)
    status, _ = await asyncio.to_thread(port.push, protocol.Push(NAMESPACE, "sweep-0", 1, (1.0,)))
    assert status == 200
    running.cancel()
    await asyncio.wait([running])


def _child() -> int:
    """The ingestion process."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    [child] = [
        c for c in children if b"unverified_tokens" in Path(f"/proc/{c}/cmdline").read_bytes()
    ]
    return int(child)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
async def test_the_operator_detects_the_exit_of_the_process(port: Port) -> None:
    running = asyncio.create_task(port.process.run())
    await asyncio.wait_for(port.process.listening.wait(), 60)
    os.kill(_child(), 9)
    with pytest.raises(RuntimeError, match="has ended with exit code -9"):
        await asyncio.wait_for(running, 60)


async def test_a_denied_token_review_reaches_the_operators_process() -> None:
    ours, theirs = socket.socketpair()
    client = await ChannelClient.connect(theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    denied = DeniedAccess("create", "authentication.k8s.io", "tokenreviews")
    client.send_denied_access(denied)
    client.close()
    seen: list[DeniedAccess] = []
    await IngestProcess(Remembers(), on_access_denied=seen.append)._respond(reader, writer)
    assert seen == [denied]
    writer.close()


async def test_many_pushes_do_not_starve_the_control_loop() -> None:
    """However many pushes have come, others in the loop get a turn every few milliseconds."""

    class Slow(Remembers):
        def handle(self, caller: Caller, push: protocol.Push) -> PushResponse:
            time.sleep(0.001)
            return PushResponse(200, "")

    reader = asyncio.StreamReader(limit=1 << 26)
    push = {"push": [NAMESPACE, "sweep-0", 1, [0.5]], "seen": []}
    for number in range(300):
        reader.feed_data(encode({"id": number, "caller": [NAMESPACE, "p", "u"], **push}))
    reader.feed_eof()
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    answering = asyncio.create_task(IngestProcess(Slow())._respond(reader, writer))
    turns = 0
    while not answering.done():
        await asyncio.sleep(0)
        turns += 1
    await answering
    assert turns >= 300 / 10, "300 ms of work, at most some 10 of them at a stretch"
    writer.close()
    theirs.close()
