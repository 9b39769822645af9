"""The gateway over a real connection, to a server that falls silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from sweepjob.kube import client, errors, resources
from sweepjob.kube.client import KubeClient, connect

EVENT = {"type": "ADDED", "object": {"metadata": {"name": "a"}}}


@pytest.fixture
async def api() -> AsyncIterator[KubeClient]:
    """To a server whose watches tell one event, after a while, and then nothing for ever."""
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
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
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{runner.addresses[0][1]}"
    made = KubeClient(ApiClient(configuration))
    yield made
    over.set()
    await made.close()
    await runner.cleanup()


async def test_a_watch_that_falls_silent_is_a_broken_one(
    api: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence = aiohttp.ClientTimeout(total=None, sock_read=0.3)
    monkeypatch.setattr(client, "_WATCH_TIMEOUT", silence)
    seen: list[object] = []

    async def watch() -> None:
        async for event in api.watch(resources.PODS, "n", "", "1", lambda: seen.append("opened")):
            seen.append(event)

    with pytest.raises(errors.Unavailable, match="watch of pods broke"):
        await watch()
    assert seen == ["opened", EVENT]


async def test_logs_take_no_connection_from_other_requests(
    api: KubeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each is followed for as long as its trainer runs; there are more of them than other requests may
    have connections."""
    monkeypatch.setattr(client, "_CONNECTIONS", 2)
    host = api._client.configuration.host
    configuration = {
        "clusters": [{"name": "c", "cluster": {"server": host}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {}}],
        "current-context": "c",
    }
    config = tmp_path / "config"
    config.write_text(json.dumps(configuration))
    connected = await connect(strict_tls=True, kubeconfig=str(config))
    logs = [connected.read_log("n", f"p{n}", "trainer", 0, follow=True) for n in range(8)]
    readings = [asyncio.create_task(anext(log)) for log in logs]
    try:
        async with asyncio.timeout(10):
            await asyncio.gather(*readings)
            watch = connected.watch(resources.PODS, "n", "", "1")
            assert await anext(watch) == EVENT
            await watch.aclose()
    finally:
        for log in logs:
            await log.aclose()
        await connected.close()
