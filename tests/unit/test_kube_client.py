"""The client over a real connection, to a server that falls silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from sweepjob.kube import client, errors, http_transport, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.http_transport import Endpoint, HttpTransport

EVENT = {"type": "ADDED", "object": {"metadata": {"name": "a"}}}


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Of a server whose watches send one event, after a while, and then nothing for ever. A pod is read at
    once. The log of the pod ``hung`` does not begin."""
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/pods/read"):
            return web.json_response(EVENT["object"])
        if request.path.endswith("/pods/hung/log"):
            await over.wait()
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(0.05)
        await response.write(json.dumps(EVENT).encode() + b"\n")
        await over.wait()
        return response

    application = web.Application()
    application.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    over.set()
    await runner.cleanup()


@pytest.fixture
async def api(address: str) -> AsyncIterator[KubeClient]:
    made = KubeClient(HttpTransport(Endpoint(address)))
    yield made
    await made.close()


async def test_a_silent_watch_times_out(api: KubeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_TIMEOUT", 2.0)
    seen: list[object] = []

    async def watch() -> None:
        async for event in api.watch(resources.PODS, "n", "", "1", lambda: seen.append("opened")):
            seen.append(event)

    with pytest.raises(errors.Unavailable, match="watch of pods broke"):
        await watch()
    assert seen == ["opened", EVENT]


async def test_log_streams_have_their_own_connections(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is followed for as long as its trainer runs; there are more of them than other requests may
    have connections."""
    monkeypatch.setattr(http_transport, "_CONNECTIONS", 2)
    connected = KubeClient(HttpTransport(Endpoint(address)))
    logs = [connected.read_log("n", f"p{n}", "trainer", 0, follow=True) for n in range(8)]
    readings = [asyncio.create_task(anext(log)) for log in logs]
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*readings)
            watch = connected.watch(resources.PODS, "n", "", "1")
            assert await anext(watch) == EVENT
            await watch.aclose()
    finally:
        for log in logs:
            await log.aclose()
        await connected.close()


async def test_watches_have_their_own_connections(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are three for each of watchNamespaces; requests would have no connection left."""
    monkeypatch.setattr(http_transport, "_CONNECTIONS", 2)
    connected = KubeClient(HttpTransport(Endpoint(address)))
    watches = [connected.watch(resources.PODS, f"n{n}", "", "1") for n in range(8)]
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(anext(watch) for watch in watches))
            assert await connected.get(resources.PODS, "n", "read") == EVENT["object"]
    finally:
        for watch in watches:
            await watch.aclose()
        await connected.close()


async def test_a_log_that_does_not_begin_times_out(
    api: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet hangs. One that is silent after it has begun is followed on."""
    monkeypatch.setattr(http_transport, "_STREAM_START_TIMEOUT", 1.0)
    log = api.read_log("n", "hung", "trainer", 0, follow=True)
    async with asyncio.timeout(120):
        with pytest.raises(errors.Unavailable, match=r"no response began within 1 s"):
            await anext(log)
    silent = api.read_log("n", "p", "trainer", 0, follow=True)
    await anext(silent)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await anext(silent)


async def test_a_log_that_is_not_followed_may_not_fall_silent(
    api: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "IDLE_TIMEOUT", 2.0)
    log = api.read_log("n", "p", "trainer", 0, follow=False)
    await anext(log)
    with pytest.raises(errors.Unavailable, match="log of p broke"):
        async with asyncio.timeout(120):
            await anext(log)
