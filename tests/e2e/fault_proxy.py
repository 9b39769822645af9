"""A proxy between the operator and the real API server that does what a bad network and a busy server
do: it is made for faults that reality will not produce on demand.

It listens beside the API server, with its certificate; the operator is told its address in place of
the API server's. It runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from sweepjob.local.api_server import StatusError

from tests.cluster import forwarder, layout, namespaces
from tests.fake_api.transport import FaultProfile

PORT = 443  # where kopf looks for the API server
_PASSED_ON = ("authorization", "content-type", "accept", "accept-encoding", "user-agent")
# The API server compresses what is larger than 128 KiB, and what it compressed is passed on as it is.
_GIVEN_BACK = ("content-type", "content-encoding", "retry-after")


@dataclass
class ProxyFaults(FaultProfile):
    """A fault profile, and what only a real API server's clients can meet.

    Attributes:
        conflicting: 409 to a write.
        expired: 410 in the middle of a list, or to a watch.
        page: a list comes in pages of so many.
    """

    conflicting: float = 0.0
    expired: float = 0.0
    page: int = 500


@dataclass
class FaultProxy:
    """The proxy and what it does at this moment; may be changed at any time.

    Attributes:
        faults: of the connection.
        silent: pods to which nothing gets through, in either direction; ``*`` for all.
        done: how often which fault was done.
    """

    cluster: layout.Cluster
    faults: ProxyFaults
    silent: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    _chances: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[FaultProxy]:
        listener = self._listen()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener)), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join(20)

    def _listen(self) -> socket.socket:
        """A socket of the node's network, where the API server is too."""
        made: list[socket.socket] = []

        def make() -> None:
            forwarder.enter(f"/proc/{namespaces.init_pid(self.cluster.node(1))}/ns/net")
            made.append(socket.create_server((layout.API_ADDRESS, PORT), reuse_port=True))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    async def _serve(self, listener: socket.socket) -> None:
        pki = self.cluster.pki
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
        trust = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._base = f"https://127.0.0.1:{self.cluster.port_file.read_text()}"
        self._before: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        connector = aiohttp.TCPConnector(ssl=trust, limit=0)
        async with aiohttp.ClientSession(
            connector=connector, auto_decompress=False, skip_auto_headers=("Accept-Encoding",)
        ) as session:
            self._session = session
            runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=1.0)
            await runner.setup()
            await web.SockSite(runner, listener, ssl_context=tls).start()
            await asyncio.to_thread(self._stop.wait)
            await runner.cleanup()

    def _occurs(self, fault: str) -> bool:
        """The first chance is always taken, so that a short sweep meets every fault there is: a watch that
        breaks leads to one that has expired, that to a list, and that to a stale one."""
        probability = getattr(self.faults, fault)
        self._chances[fault] += bool(probability)
        occurred = self.faults.occurs(probability) or (probability and self._chances[fault] == 1)
        self.done[fault] += bool(occurred)
        return bool(occurred)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        caller = _pod_of(request.headers.get("Authorization", ""))
        await self._pass_through(caller)
        await self.faults.pause(self.faults.delay)
        if self._occurs("request_lost"):
            return _broken(request)
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if "watch" in request.query:
            return await self._watch(request, caller)
        if "follow" in request.query:
            return await self._stream(request, caller, self._chunks)
        return await self._answer(request, body, caller)

    async def _pass_through(self, caller: str) -> None:
        """Wait for as long as nothing gets through."""
        while self.silent & {"*", caller}:
            self.done["silence"] += 1
            await asyncio.sleep(0.2)

    def _refusal(self, request: web.BaseRequest) -> web.Response | None:
        code = 0
        if self._occurs("refused"):
            code = self.faults.chance.choice((429, 500, 503))
        elif request.method in ("PUT", "PATCH") and self._occurs("conflicting"):
            code = 409
        elif {"continue", "watch"} & set(request.query) and self._occurs("expired"):
            code = 410
        if not code:
            return None
        headers = {"Retry-After": "1"} if code == 429 else {}
        return web.json_response(
            StatusError(code, "Refused", "not now").body, status=code, headers=headers
        )

    def _request(self, request: web.BaseRequest, body: bytes) -> Any:
        headers = {k: v for k, v in request.headers.items() if k.lower() in _PASSED_ON}
        query = dict(request.query)
        if "limit" in query:
            query["limit"] = str(min(int(query["limit"]), self.faults.page))
        url = self._base + request.path
        return self._session.request(
            request.method, url, params=query, data=body or None, headers=headers
        )

    async def _answer(
        self, request: web.BaseRequest, body: bytes, caller: str
    ) -> web.StreamResponse:
        read, where = request.method == "GET", request.path_qs
        if read and where in self._before and self._occurs("stale"):
            return _respond(*self._before[where])
        async with self._request(request, body) as answer:
            got = (answer.status, await answer.read(), _given_back(answer.headers))
        if read and "lease" not in where:
            self._before[where] = got
        await self._pass_through(caller)
        await self.faults.pause(self.faults.delay)
        if self._occurs("response_lost"):
            # Half of the time it never comes, and the operator has to give up by itself.
            if self.faults.occurs(0.5):
                await asyncio.sleep(35)
            return _broken(request)
        return _respond(*got)

    async def _watch(self, request: web.BaseRequest, caller: str) -> web.StreamResponse:
        return await self._stream(request, caller, self._events)

    async def _stream(
        self, request: web.BaseRequest, caller: str, parts: Any
    ) -> web.StreamResponse:
        timeout = aiohttp.ClientTimeout(total=None)
        headers = {k: v for k, v in request.headers.items() if k.lower() in _PASSED_ON}
        url, query = self._base + request.path, dict(request.query)
        async with self._session.get(url, params=query, headers=headers, timeout=timeout) as answer:
            response = web.StreamResponse(status=answer.status, headers=_given_back(answer.headers))
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                async for part in parts(answer):
                    await self._pass_through(caller)
                    await response.write(part)
                await response.write_eof()
                return response
            return _broken(request)

    async def _chunks(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        async for chunk in answer.content.iter_any():
            yield chunk

    async def _events(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """A watch's events: late, twice, or cut off with the one that was to be told."""
        rest = b""
        async for chunk in answer.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                await self.faults.pause(self.faults.lag)
                if self._occurs("broken"):
                    raise ConnectionResetError
                for _ in range(2 if self._occurs("duplicated") else 1):
                    yield line + b"\n"


def _pod_of(authorization: str) -> str:
    """The pod that a service account's token was made for."""
    parts = authorization.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return ""
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return str(claims.get("kubernetes.io", {}).get("pod", {}).get("name", ""))


def _given_back(headers: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() in _GIVEN_BACK}


def _respond(status: int, body: bytes, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=body, headers=headers)


def _broken(request: web.BaseRequest) -> web.Response:
    """The connection breaks."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
