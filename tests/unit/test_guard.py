"""The intake's guard: who talks slowly is cut off, who talks too much is told to wait."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest
from aiohttp import web
from sweepjob import wire
from sweepjob.controller.authentication import _is_for_us
from sweepjob.controller.guard import Guards, Rates

PATIENCE = 0.3


async def serve(guards: Guards) -> tuple[asyncio.Server, int]:
    async def echo(request: web.Request) -> web.Response:
        body = await request.read()
        guards.arrived(request.transport)
        return web.Response(body=body)

    application = web.Application()
    application.router.add_post("/", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    assert runner.server is not None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(guards.before(runner.server), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"POST / HT", HEAD, HEAD + b"ab"])
async def test_a_request_that_does_not_arrive_is_cut_off(said: bytes) -> None:
    server, port = await serve(Guards(PATIENCE))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    begun = time.monotonic()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 60)
    assert time.monotonic() - begun >= PATIENCE * 0.9
    server.close()


async def test_a_slow_drip_does_not_help() -> None:
    server, port = await serve(Guards(PATIENCE))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        for byte in HEAD:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 60)
    dripping.cancel()
    server.close()


async def test_a_kept_connection_may_be_silent_between_requests() -> None:
    server, port = await serve(Guards(PATIENCE))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(HEAD + b"ping")
        answer = await asyncio.wait_for(reader.readuntil(b"ping"), 60)
        assert answer.startswith(b"HTTP/1.1 200")
        await asyncio.sleep(PATIENCE * 1.5)
    server.close()


def test_each_caller_has_a_rate_of_its_own() -> None:
    rates = Rates(rate=1e-9, burst=3)
    assert [rates.allows("a") for _ in range(5)] == [True, True, True, False, False]
    assert rates.allows("b")
    refilled = Rates(rate=1e9, burst=1)
    assert all(refilled.allows("a") for _ in range(100))


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{body}.signature"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token({"aud": [wire.AUDIENCE]}), True),
        (token({"aud": ["somebody.else"]}), False),
        (token({}), False),
        (token({"aud": 5}), False),
        (token([wire.AUDIENCE]), False),
        ("made-up", False),
        ("a.b.c", False),
        ("..", False),
        (token({"aud": [wire.AUDIENCE], "padding": "x" * 20_000}), False),
    ],
)
def test_only_tokens_that_may_be_for_us_are_asked_about(text: str, expected: bool) -> None:
    assert _is_for_us(text) is expected
