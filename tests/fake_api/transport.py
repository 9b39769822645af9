"""What lies between an operator and the fake API server: time, and everything that can go wrong. It
stands in for the Kubernetes client, under the operator's own gateway."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp

from .rest import FakeApiServer, Refusal, Request

_TIMEOUT = 30.0  # the gateway's own


@dataclass
class Weather:
    """How a connection behaves. Probabilities are for each request, or each event of a watch.

    Attributes:
        chance: where all of it comes from.
        delay: shortest and longest seconds that a request takes each way.
        lag: the same of a watch's events, from their commit on.
        lost_before: the connection breaks before the request was carried out.
        lost_after: the request was carried out, and the answer never comes.
        refused: 429 with Retry-After, 500 or 503.
        broken: a watch ends in an error.
        doubled: an event is told twice.
        forgotten: the server forgets its history, so that watches and lists begin anew.
    """

    chance: random.Random
    delay: tuple[float, float] = (0.001, 0.02)
    lag: tuple[float, float] = (0.001, 0.05)
    lost_before: float = 0.0
    lost_after: float = 0.0
    refused: float = 0.0
    broken: float = 0.0
    doubled: float = 0.0
    forgotten: float = 0.0

    def befalls(self, probability: float) -> bool:
        return self.chance.random() < probability

    async def pause(self, bounds: tuple[float, float]) -> None:
        await asyncio.sleep(self.chance.uniform(*bounds))


@dataclass
class FakeResponse:
    """As much of aiohttp's response as the gateway uses."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: AsyncIterator[bytes] | None = None

    async def read(self) -> bytes:
        return self.body

    def close(self) -> None:
        """Nothing is held."""


class FakeClient:
    """A connection of one operator. Once ``dead``, nothing that it still asks for reaches the server.

    Attributes:
        requests: how many were carried out, by method and resource.
    """

    def __init__(self, server: FakeApiServer, weather: Weather) -> None:
        self._server = server
        self._weather = weather
        self.dead = False
        self.requests: Counter[tuple[str, str]] = Counter()

    async def close(self) -> None:
        self.dead = True

    async def param_serialize(self, **call: Any) -> tuple[Request]:
        query = dict(call["query_params"])
        return (Request(call["method"], call["resource_path"], query, call["body"]),)

    async def call_api(self, request: Request, _request_timeout: Any) -> SimpleNamespace:
        weather = self._weather
        await weather.pause(weather.delay)
        self._fail_if_dead()
        if weather.befalls(weather.forgotten):
            self._server.store.compact(10**9)
        if weather.befalls(weather.lost_before):
            raise aiohttp.ClientConnectionError("the connection broke")
        if weather.befalls(weather.refused):
            return SimpleNamespace(response=self._refusal())
        response = self._response(request)
        await weather.pause(weather.delay)
        self._fail_if_dead()
        if weather.befalls(weather.lost_after):
            await asyncio.sleep(_TIMEOUT)
            raise TimeoutError
        return SimpleNamespace(response=response)

    def _fail_if_dead(self) -> None:
        if self.dead:
            raise aiohttp.ClientConnectionError("this operator has been killed")

    def _response(self, request: Request) -> FakeResponse:
        self.requests[request.method, request.parts()[1]] += 1
        if "watch" in request.query:
            return FakeResponse(200, content=self._watch(request))
        status, body = self._server.answer(request)
        return FakeResponse(status, json.dumps(body).encode())

    def _refusal(self) -> FakeResponse:
        code = self._weather.chance.choice((429, 500, 503))
        body = Refusal(code, "Refused", "not now").body
        headers = {"Retry-After": "1"} if code == 429 else {}
        return FakeResponse(code, json.dumps(body).encode(), headers)

    async def _watch(self, request: Request) -> AsyncIterator[bytes]:
        weather, loop = self._weather, asyncio.get_running_loop()
        started = loop.time()
        async for committed, event in self._server.watch(request):
            due = committed + weather.chance.uniform(*weather.lag)
            await asyncio.sleep(max(0.0, due - self._server.store.clock()))
            self._fail_if_dead()
            if weather.befalls(weather.broken):
                raise aiohttp.ClientPayloadError("the watch broke")
            for _ in range(2 if weather.befalls(weather.doubled) else 1):
                yield json.dumps(event).encode()
            if loop.time() - started > float(request.query["timeoutSeconds"]):
                return
