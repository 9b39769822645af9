"""A transport between one operator and the fake API server, with delays and with everything that can go
wrong on a network."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from sweepjob.kube.transport import Request, Response, ResponseStream, TransportError
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path

from .access_rules import AccessRules

_TIMEOUT = 30.0  # seconds; that of the HTTP transport


class OutageKind(Enum):
    """What an API server answers during an outage.

    Attributes:
        ERRORS: every request fails with 500 or 503, as without etcd.
        FULL: writes fail as where etcd has no space left; reads and watches work.
        UNREACHABLE: nothing arrives.
        BUSY: nine of ten requests are answered 429 or 503, and when to ask again; watches work.
    """

    ERRORS = "errors"
    FULL = "full"
    UNREACHABLE = "unreachable"
    BUSY = "busy"


@dataclass(frozen=True)
class Outage:
    """An outage of the API server, in seconds of the event loop's time."""

    begin: float
    end: float
    kind: OutageKind

    @property
    def ends_watches(self) -> bool:
        return self.kind not in (OutageKind.FULL, OutageKind.BUSY)

    def answer(self, request: Request, now: float, chance: random.Random) -> Response | None:
        """The response to a request; None where it is carried out.

        Raises:
            TransportError: the server is not reached.
        """
        if not self.begin <= now < self.end:
            return None
        if self.kind is OutageKind.UNREACHABLE:
            raise TransportError("no route to host")
        if self.kind is OutageKind.FULL:
            if request.method == "GET":
                return None
            return _error(500, "etcdserver: mvcc: database space exceeded")
        if self.kind is OutageKind.BUSY:
            if chance.random() < 0.1:
                return None
            wait = {"Retry-After": chance.choice(("1", "5", "30"))}
            return _error(chance.choice((429, 503)), "too many requests, please try again", wait)
        return _error(chance.choice((500, 503)), "etcdserver: leader changed")


@dataclass
class FaultProfile:
    """How a connection fails. Probabilities are for each request, or each event of a watch.

    Attributes:
        chance: the source of all randomness.
        delay: shortest and longest seconds that a request takes each way.
        lag: the same of a watch's events, from their commit on.
        request_lost: the connection breaks before the request was carried out.
        response_lost: the request was carried out, and the response never arrives.
        refused: 429 with Retry-After, 500 or 503.
        broken: a watch ends in an error.
        duplicated: an event is delivered twice.
        forgotten: the server forgets its history, so that watches and lists begin anew.
        stale: a read is answered as it was before.
        outages: when the API server is out of order. Watches end at their begin, unless etcd is full.
    """

    chance: random.Random
    delay: tuple[float, float] = (0.001, 0.02)
    lag: tuple[float, float] = (0.001, 0.05)
    request_lost: float = 0.0
    response_lost: float = 0.0
    refused: float = 0.0
    broken: float = 0.0
    duplicated: float = 0.0
    forgotten: float = 0.0
    stale: float = 0.0
    outages: tuple[Outage, ...] = ()

    def occurs(self, probability: float) -> bool:
        return self.chance.random() < probability

    async def pause(self, bounds: tuple[float, float]) -> None:
        await asyncio.sleep(self.chance.uniform(*bounds))


class FaultyTransport:
    """The connection of one operator to the fake API server; implements ``kube.transport.Transport``. Once
    ``dead``, no request of it reaches the server.

    Args:
        server: carries out the requests.
        fault_profile: what goes wrong on the way.
        access_rules: what the server refuses; nothing by default.

    Attributes:
        requests: how many were carried out, by method and resource.
    """

    def __init__(
        self,
        server: MemoryApiServer,
        fault_profile: FaultProfile,
        access_rules: AccessRules | None = None,
    ) -> None:
        self._server = server
        self._fault_profile = fault_profile
        self._access_rules = access_rules or AccessRules()
        self.dead = False
        self.requests: Counter[tuple[str, str]] = Counter()
        self._before: dict[str, Response] = {}

    async def close(self) -> None:
        self.dead = True

    async def request(self, request: Request) -> Response:
        """Carry out a request, unless a fault prevents it."""
        response = await self._deliver_request(request)
        if response is None:
            response = self._respond(request)
            await self._deliver_response()
        return response

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        """Open a watch, unless a fault prevents it."""
        response = await self._deliver_request(request)
        if response is not None:
            return _as_stream(response)
        stream = self._respond_with_stream(request)
        await self._deliver_response()
        return stream

    async def _deliver_request(self, request: Request) -> Response | None:
        """A request on its way to the server; returns the refusal of a server that is overloaded."""
        fault_profile = self._fault_profile
        await fault_profile.pause(fault_profile.delay)
        self._fail_if_dead()
        now = asyncio.get_running_loop().time()
        for outage in fault_profile.outages:
            if (answer := outage.answer(request, now, fault_profile.chance)) is not None:
                return answer
        if fault_profile.occurs(fault_profile.forgotten):
            self._server.store.compact(10**9)
        if fault_profile.occurs(fault_profile.request_lost):
            raise TransportError("the connection broke")
        return self._refusal() if fault_profile.occurs(fault_profile.refused) else None

    async def _deliver_response(self) -> None:
        """A response on its way back."""
        await self._fault_profile.pause(self._fault_profile.delay)
        self._fail_if_dead()
        if self._fault_profile.occurs(self._fault_profile.response_lost):
            await asyncio.sleep(_TIMEOUT)
            raise TransportError("no response in time")

    def _fail_if_dead(self) -> None:
        if self.dead:
            raise TransportError("this operator has been killed")

    def _respond(self, request: Request) -> Response:
        answer = self._access_rules.answer(request)
        if answer is not None:
            return Response(answer[0], json.dumps(answer[1]).encode())
        self._count(request)
        where = f"{request.path} {sorted(request.query.items())}"
        if (
            request.method == "GET"
            and where in self._before
            and self._fault_profile.occurs(self._fault_profile.stale)
        ):
            return self._before[where]
        status, body = self._server.answer(request)
        response = Response(status, json.dumps(body).encode())
        if request.method == "GET":
            self._before[where] = response
        return response

    def _respond_with_stream(self, request: Request) -> ResponseStream:
        answer = self._access_rules.answer(request)
        if answer is not None:
            return _as_stream(Response(answer[0], json.dumps(answer[1]).encode()))
        self._count(request)
        if "tailLines" in request.query:
            return self._log_tail(request)
        return ResponseStream(200, self._watch(request))

    def _log_tail(self, request: Request) -> ResponseStream:
        """The log of a pod, as long as that exists."""
        path = parse_path(request.path)
        if self._server.store.get("pods", (path.namespace, path.name)) is None:
            body = StatusError(404, "NotFound", f'pods "{path.name}" not found').body
            return _as_stream(Response(404, json.dumps(body).encode()))
        return _as_stream(Response(200, b"epoch 1\nthe end\n"))

    def _count(self, request: Request) -> None:
        self.requests[request.method, parse_path(request.path).resource] += 1

    def _refusal(self) -> Response:
        code = self._fault_profile.chance.choice((429, 500, 503))
        return _error(code, "not now", {"Retry-After": "1"} if code == 429 else {})

    async def _watch(self, request: Request) -> AsyncIterator[bytes]:
        fault_profile, loop = self._fault_profile, asyncio.get_running_loop()
        started = loop.time()
        events = self._access_rules.until_closed(request, self._server.watch(request))
        async for committed, event in events:
            due = committed + fault_profile.chance.uniform(*fault_profile.lag)
            await asyncio.sleep(max(0.0, due - self._server.store.clock()))
            self._fail_if_dead()
            if any(o.begin <= loop.time() < o.end for o in fault_profile.outages if o.ends_watches):
                raise TransportError("the watch broke")
            if fault_profile.occurs(fault_profile.broken):
                raise TransportError("the watch broke")
            for _ in range(2 if fault_profile.occurs(fault_profile.duplicated) else 1):
                yield json.dumps(event).encode() + b"\n"
            if loop.time() - started > float(request.query["timeoutSeconds"]):
                return


def _error(code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    body = StatusError(code, "Refused", message).body
    return Response(code, json.dumps(body).encode(), headers or {})


def _as_stream(response: Response) -> ResponseStream:
    """A response that arrives in one chunk."""

    async def chunks() -> AsyncIterator[bytes]:
        yield response.body

    return ResponseStream(response.status, chunks(), response.headers)
