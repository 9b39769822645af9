"""What lies between an operator and the fake API server: time, and everything that can go wrong. It
stands in for the Kubernetes client, under the operator's own gateway."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
from sweepjob.local.api_server import MemoryApiServer, Request, StatusError
from sweepjob.local.client import Content, Response

from .gate import Gate

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
        stale: a read is answered as it was before.
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
    stale: float = 0.0

    def befalls(self, probability: float) -> bool:
        return self.chance.random() < probability

    async def pause(self, bounds: tuple[float, float]) -> None:
        await asyncio.sleep(self.chance.uniform(*bounds))


class FakeClient:
    """A connection of one operator. Once ``dead``, nothing that it still asks for reaches the server.

    Args:
        gate: what the server refuses; by default nothing.

    Attributes:
        requests: how many were carried out, by method and resource.
    """

    def __init__(self, server: MemoryApiServer, weather: Weather, gate: Gate | None = None) -> None:
        self._server = server
        self._weather = weather
        self._gate = gate or Gate()
        self.dead = False
        self.requests: Counter[tuple[str, str]] = Counter()
        self._before: dict[str, Response] = {}

    async def close(self) -> None:
        self.dead = True

    async def param_serialize(self, **call: Any) -> tuple[Any, ...]:
        """The query stands where the headers would."""
        return call["method"], call["resource_path"], dict(call["query_params"]), None, None

    async def call_api(
        self, method: str, path: str, query: Any, body: Any, posted: Any, _request_timeout: Any
    ) -> SimpleNamespace:
        request, weather = Request(method, path, query, body), self._weather
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

    def _response(self, request: Request) -> Response:
        answer = self._gate.answer(request)
        if answer is not None:
            return Response(answer[0], json.dumps(answer[1]).encode())
        self.requests[request.method, request.parts()[1]] += 1
        if "watch" in request.query:
            return Response(200, content=Content(self._watch(request)))
        where = f"{request.path} {sorted(request.query.items())}"
        if (
            request.method == "GET"
            and where in self._before
            and self._weather.befalls(self._weather.stale)
        ):
            return self._before[where]
        status, body = self._server.answer(request)
        response = Response(status, json.dumps(body).encode())
        if request.method == "GET":
            self._before[where] = response
        return response

    def _refusal(self) -> Response:
        code = self._weather.chance.choice((429, 500, 503))
        body = StatusError(code, "Refused", "not now").body
        headers = {"Retry-After": "1"} if code == 429 else {}
        return Response(code, json.dumps(body).encode(), headers)

    async def _watch(self, request: Request) -> AsyncIterator[bytes]:
        weather, loop = self._weather, asyncio.get_running_loop()
        started = loop.time()
        async for committed, event in self._gate.until_closed(request, self._server.watch(request)):
            due = committed + weather.chance.uniform(*weather.lag)
            await asyncio.sleep(max(0.0, due - self._server.store.clock()))
            self._fail_if_dead()
            if weather.befalls(weather.broken):
                raise aiohttp.ClientPayloadError("the watch broke")
            for _ in range(2 if weather.befalls(weather.doubled) else 1):
                yield json.dumps(event).encode() + b"\n"
            if loop.time() - started > float(request.query["timeoutSeconds"]):
                return
