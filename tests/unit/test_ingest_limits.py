"""The port that anybody may reach: who talks slowly, much, or without a valid token, costs little."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.http_server.connections import Connections, serve
from sweepjob.http_server.limits import ClientRateLimiter, ConnectionLimits
from sweepjob.ingest.authentication import (
    Caller,
    TokenReviewAuthenticator,
    TooManyRejectedTokens,
    is_plausible_token,
)
from sweepjob.ingest.push_response import PushResponse
from sweepjob.ingest.server import IngestServer
from sweepjob.kube.client import KubeClient

from tests.waiting import until

PATIENCE = 0.3
OWN = Caller("team", "pod", "uid")
PUSH = protocol.Push("team", "sweep-0", 1, (0.5,)).dump()


class Everybody:
    """A fake authenticator: the token ``good`` is a pod's. Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def authenticate(self, token: str, peer: str) -> Caller | None:
        self.asked += 1
        return OWN if token == "good" else None


class Accepts:
    """A fake of the operator's process: takes every push, and counts them."""

    def __init__(self) -> None:
        self.pushes = 0

    async def submit(self, caller: Caller, push: protocol.Push) -> PushResponse:
        self.pushes += 1
        return PushResponse(200, json.dumps(protocol.Reply(2, 0).dump()))


@contextlib.asynccontextmanager
async def serving(
    limits: ConnectionLimits | None = None, patience: float = PATIENCE
) -> AsyncIterator[tuple[int, Everybody, Accepts, Connections]]:
    everybody, accepts = Everybody(), Accepts()
    connections = Connections(limits, patience)
    server = IngestServer(everybody, accepts, connections)
    runner = server.runner()
    await runner.setup()
    assert runner.server is not None
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(serve(listener, runner.server, connections))
    yield listener.getsockname()[1], everybody, accepts, connections
    task.cancel()
    await runner.cleanup()
    listener.close()


def request(token: str = "good", body: bytes = PUSH) -> bytes:
    head = f"POST {protocol.REPORTS_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ends the connection, whatever it says before."""
    try:
        await asyncio.wait_for(reader.read(), 120)
    except ConnectionResetError:
        return True
    return True


HEAD = b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"POST / HT", HEAD, HEAD + b"ab"])
async def test_an_incomplete_request_times_out(said: bytes) -> None:
    async with serving() as (port, *_):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        begun = time.monotonic()
        assert await is_closed(reader)
        assert time.monotonic() - begun >= PATIENCE * 0.9


async def test_a_slow_request_times_out() -> None:
    async with serving() as (port, *_):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            for byte in HEAD:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert await is_closed(reader)
        assert not dripping.done()
        dripping.cancel()


async def test_a_kept_connection_may_be_silent_between_requests() -> None:
    async with serving() as (port, _, accepts, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(request())
            answer = await asyncio.wait_for(reader.readuntil(b"}"), 120)
            assert answer.startswith(b"HTTP/1.1 200")
            await asyncio.sleep(PATIENCE * 1.5)
        assert accepts.pushes == 3


async def test_a_request_without_a_valid_token_ends_the_connection() -> None:
    """A thousand requests on one connection cost one answer."""
    async with serving() as (port, everybody, accepts, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("bad") * 1000)
        assert await is_closed(reader)
        assert everybody.asked == 1
        assert accepts.pushes == 0


async def test_an_unread_response_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sweepjob.http_server.connections._READ_SECONDS", 0.2)
    async with serving() as (port, _, _, connections):
        raw = socket.create_connection(("127.0.0.1", port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError, TimeoutError):
            # Refused by its rate after a hundred, each answer of a hundred bytes or more.
            async with asyncio.timeout(120):
                while connections.count:
                    await loop.sock_sendall(raw, request(body=b"x" * 10))
        raw.close()
        assert connections.count == 0


class TestConnections:
    async def test_connections_of_one_address_are_limited(self) -> None:
        limits = ConnectionLimits(total=100, per_peer=3)
        async with serving(limits, patience=600.0) as (port, _, _, connections):
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
            closed = [asyncio.create_task(is_closed(reader)) for reader, _ in opened]
            done, _ = await asyncio.wait(closed[3:], timeout=120)
            assert len(done) == 3, "at once, not after the time for a request"
            assert connections.refused == {"per_peer": 3}
            for _, writer in opened[:3]:
                writer.close()
            await until(lambda: connections.count == 0, "those that ended make room")

    async def test_new_connections_of_one_address_are_limited(self) -> None:
        limits = ConnectionLimits(total=100, per_peer=100, new_rate=1e-9, new_burst=2)
        async with serving(limits) as (port, _, _, connections):
            for _ in range(5):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
            await until(lambda: connections.refused == {"new_per_peer": 3})

    async def test_connections_without_a_token_are_evicted_first(self) -> None:
        async with serving(ConnectionLimits(total=3), 600.0) as (port, _, accepts, connections):
            first_reader, first = await asyncio.open_connection("127.0.0.1", port)
            first.write(request())
            await asyncio.wait_for(first_reader.readuntil(b"}"), 120)
            idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await until(lambda: connections.count == 3)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request())
            answer = await asyncio.wait_for(reader.readuntil(b"}"), 120)
            assert answer.startswith(b"HTTP/1.1 200")
            assert await is_closed(idle[0][0]), "the oldest of the idle ones"
            first.write(request())
            assert (await asyncio.wait_for(first_reader.readuntil(b"}"), 120)).startswith(b"HTTP")
            assert connections.refused["evicted"] == 1
            assert accepts.pushes == 3

    async def test_connections_without_a_handshake_are_evicted_first(self) -> None:
        connections = Connections(ConnectionLimits(total=2))
        listener = socket.create_server(("127.0.0.1", 0))
        import ssl

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        task = asyncio.create_task(serve(listener, asyncio.Protocol, connections, context))
        port = listener.getsockname()[1]
        opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        await until(lambda: connections.refused["evicted"] == 3)
        assert connections.count == 2
        for _, writer in opened:
            writer.close()
        await until(lambda: connections.count == 0)
        task.cancel()
        listener.close()


def test_each_sender_has_its_own_rate_limit() -> None:
    limiter = ClientRateLimiter(rate=1.0, burst=3)
    assert [limiter.allows("a", 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert limiter.allows("b", 0.0)
    assert not limiter.would_allow("a", 0.5)
    assert limiter.allows("a", 1.0)
    assert not limiter.allows("a", 1.5)


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{body}.signature"


NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token({"aud": [protocol.AUDIENCE]}), True),
        (token({"aud": [protocol.AUDIENCE], "exp": NOW + 3600}), True),
        (token({"aud": [protocol.AUDIENCE], "exp": NOW - 10}), True),  # clocks differ
        (token({"aud": [protocol.AUDIENCE], "exp": NOW - 3600}), False),
        (token({"aud": ["somebody.else"]}), False),
        (token({}), False),
        (token({"aud": 5}), False),
        (token([protocol.AUDIENCE]), False),
        ("made-up", False),
        ("a.b.c", False),
        ("..", False),
        (token({"aud": [protocol.AUDIENCE], "padding": "x" * 20_000}), False),
    ],
)
def test_only_plausible_tokens_are_reviewed(text: str, expected: bool) -> None:
    assert is_plausible_token(text, NOW) is expected


class Reviews(KubeClient):
    """A fake API server that knows one token."""

    def __init__(self) -> None:
        self.count = 0

    async def create(self, resource: Any, namespace: Any, body: Any, priority: Any = None) -> Any:
        self.count += 1
        if "good" not in body["spec"]["token"]:
            return {"status": {"authenticated": False}}
        extra = {f"authentication.kubernetes.io/pod-{key}": [key] for key in ("name", "uid")}
        user = {"username": "system:serviceaccount:team:default", "extra": extra}
        return {"status": {"authenticated": True, "audiences": [protocol.AUDIENCE], "user": user}}


class SlowReviews(Reviews):
    """One that takes a moment for each, like a network."""

    async def create(self, *given: Any, **more: Any) -> Any:
        await asyncio.sleep(0.01)
        return await super().create(*given, **more)


async def test_invented_tokens_cause_few_reviews() -> None:
    reviews = Reviews()
    authenticator = TokenReviewAuthenticator(reviews)
    outcomes: Counter[str] = Counter()
    for n in range(1000):
        made_up = token({"aud": [protocol.AUDIENCE], "n": n})
        try:
            outcomes[str(await authenticator.authenticate(made_up, "10.0.0.1"))] += 1
        except TooManyRejectedTokens:
            outcomes["not reviewed"] += 1
    assert reviews.count < 10
    assert outcomes["not reviewed"] > 990
    good = token({"aud": [protocol.AUDIENCE]}) + "good"
    assert await authenticator.authenticate(good, "10.0.0.2") == Caller("team", "name", "uid")
    with pytest.raises(TooManyRejectedTokens):
        await authenticator.authenticate(good + "er", "10.0.0.1")
    assert await authenticator.authenticate(good, "10.0.0.1"), "known already, so it costs nothing"


@pytest.mark.virtual_time
async def test_tokens_that_are_made_up_at_once_cost_no_more() -> None:
    """A peer that opens many connections first does not get a review on each of them."""
    slow = SlowReviews()
    authenticator = TokenReviewAuthenticator(slow)

    async def ask(text: str, peer: str) -> str:
        try:
            return str(await authenticator.authenticate(text, peer))
        except TooManyRejectedTokens:
            return "not reviewed"

    made_up = [token({"aud": [protocol.AUDIENCE], "n": n}) for n in range(2000)]
    floods = [asyncio.create_task(ask(text, f"10.0.1.{n % 20}")) for n, text in enumerate(made_up)]
    await asyncio.sleep(0)
    began = asyncio.get_running_loop().time()
    good = token({"aud": [protocol.AUDIENCE]}) + "good"
    assert await ask(good, "10.0.0.2") == str(Caller("team", "name", "uid"))
    passed = asyncio.get_running_loop().time() - began
    assert passed < 0.05, "nobody else waits for their reviews"
    outcomes = Counter(await asyncio.gather(*floods))
    assert outcomes["None"] <= 20 * 6
    assert slow.count <= 20 * 6 + 1
    assert not authenticator._turns, "nothing is kept of a peer that is gone"


async def test_many_pods_behind_one_address_are_all_reviewed() -> None:
    authenticator = TokenReviewAuthenticator(SlowReviews())
    good = [token({"aud": [protocol.AUDIENCE], "n": n}) + "good" for n in range(50)]
    found = await asyncio.gather(*(authenticator.authenticate(t, "10.0.0.1") for t in good))
    assert found == [Caller("team", "name", "uid")] * 50


async def test_a_token_that_is_no_text_costs_no_line_of_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    authenticator = TokenReviewAuthenticator(Reviews())
    assert await authenticator.authenticate("a.b\udcff.c", "10.0.0.1") is None


async def test_malformed_requests_log_one_line(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("sweepjob.http.ingestion").filters.clear()  # begin a new interval
    async with serving() as (port, *_):
        for n in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /v1/reports HTTP/1.1\r\nContent-Length: many%d\r\n\r\n" % n)
            assert await is_closed(reader)
    lines = [r for r in caplog.records if r.name.startswith("sweepjob.http")]
    assert len(lines) == 1
    assert lines[0].levelno == logging.WARNING
    assert "malformed request" in lines[0].getMessage()
    assert lines[0].exc_info is None


async def test_clients_that_disconnect_in_a_body_log_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging.getLogger("sweepjob.http.ingestion").filters.clear()  # begin a new interval
    async with serving() as (port, *_):
        for body in (
            b"Content-Length: 100\r\n\r\n{",
            b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        ) * 5:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            head = b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n"
            writer.write(head + body)
            await writer.drain()
            await asyncio.sleep(0.1)
            writer.transport.abort()
        await asyncio.sleep(0.3)
    lines = [r for r in caplog.records if r.name.startswith("sweepjob.http")]
    assert [(r.getMessage(), r.exc_info) for r in lines] == [
        (
            "a client closed its connection in the middle of a request; 0 more since the last line",
            None,
        )
    ]
