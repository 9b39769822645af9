"""Tracking servers of the user's own: a real MLflow server, behind a gate that asks who comes and notes
what it was sent."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from .environments import programs

_TIME_FACTOR = 180.0  # seconds for a server to answer
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
_LARGEST = 1 << 30  # bytes of an artifact
_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding"}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mlflow_server() -> Iterator[Callable[[], str]]:
    """A real one, on this machine; gives a function that waits for it, and returns its address."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="sweepjob-mlflow-") as folder:
        command = [
            *(str(programs("server") / "mlflow"), "server", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{folder}/runs.db"),
            *("--serve-artifacts", "--artifacts-destination", f"{folder}/artifacts"),
        ]
        path = f"{programs('server')}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, **_QUIET}
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True
            )
        url = f"http://127.0.0.1:{port}"

        def address() -> str:
            _await_answer(f"{url}/health", server, Path(folder) / "log")
            return url

        try:
            yield address
        finally:
            os.killpg(server.pid, 15)
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(server.pid, 9)


def _await_answer(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _TIME_FACTOR
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the MLflow server does not answer: {log.read_text()[-2000:]}")
        time.sleep(0.2)


@dataclass
class Gate:
    """Passes requests on to a server.

    Attributes:
        authorization: ``user:password`` that it asks for; none where it is empty.
        received: a dictionary for each request that it has passed on: method, path and bytes.
    """

    upstream: str
    authorization: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        return app

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        expected = "Basic " + base64.b64encode(self.authorization.encode()).decode()
        if self.authorization and request.headers.get("Authorization") != expected:
            return web.Response(status=401, text="who are you?")
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        headers.pop("Authorization", None)
        target = self.upstream + request.raw_path
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(request.method, target, data=body, headers=headers) as answer,
        ):
            content = await answer.read()
            self.received.append(
                {"method": request.method, "path": request.path, "bytes": len(body)}
            )
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
            if encoding := answer.headers.get("Content-Encoding"):
                kept["Content-Encoding"] = encoding
            return web.Response(status=answer.status, body=content, headers=kept)


@contextmanager
def gate(upstream: str, authorization: str) -> Iterator[tuple[Gate, str]]:
    """A gate in a thread of its own, and the address at which it listens."""
    made = Gate(upstream, authorization)
    listener = socket.create_server(("127.0.0.1", 0))
    ready, loop = threading.Event(), asyncio.new_event_loop()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = web.AppRunner(made.application(), access_log=None)
        loop.run_until_complete(runner.setup())
        loop.run_until_complete(web.SockSite(runner, listener).start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait(30)
    try:
        yield made, f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
