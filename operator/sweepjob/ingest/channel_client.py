"""The ingestion process's end of the channel."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import astuple
from itertools import count

from .. import protocol
from ..kube.denied_access import DeniedAccess
from .authentication import Caller
from .channel import Message, encode, receive
from .limits import PUSHES_IN_FLIGHT
from .push_response import PushResponse


class ChannelClient:
    """Implements ``PushSubmitter``: submits pushes to the operator's process over the channel."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ids = count()
        self._waiting: dict[int, asyncio.Future[PushResponse]] = {}
        self._in_flight = asyncio.Semaphore(PUSHES_IN_FLIGHT)

    @classmethod
    async def connect(cls, channel: socket.socket) -> ChannelClient:
        """Return a client on this end of the socket pair."""
        return cls(*await asyncio.open_connection(sock=channel))

    async def submit(self, caller: Caller, push: protocol.Push) -> PushResponse:
        """Submit a push; return the operator's response."""
        async with self._in_flight:
            number = next(self._ids)
            response: asyncio.Future[PushResponse] = asyncio.get_running_loop().create_future()
            self._waiting[number] = response
            try:
                self.send(_request(number, caller, push))
                await self._writer.drain()
                return await response
            finally:
                del self._waiting[number]

    def send(self, message: Message) -> None:
        """Send a message without waiting."""
        self._writer.write(encode(message))

    def send_denied_access(self, denied: DeniedAccess) -> None:
        """Report a request that was denied; the operator's process reviews its permissions then."""
        self.send({"denied": astuple(denied)})

    def send_certificate_problem(self, problem: str) -> None:
        """Report why the server has no usable certificate; an empty text once it has one."""
        self.send({"certificate": problem})

    def close(self) -> None:
        """Close the channel."""
        self._writer.close()

    async def run(self) -> None:
        """Receive responses until the operator's process closes the channel."""
        while (message := await receive(self._reader)) is not None:
            response = self._waiting.get(message["id"])
            if response is not None and not response.done():
                response.set_result(PushResponse(message["status"], message["body"]))


def _request(number: int, caller: Caller, push: protocol.Push) -> Message:
    return {
        "id": number,
        "caller": [caller.namespace, caller.pod, caller.uid],
        "push": [push.namespace, push.trial, push.first, list(map(protocol.encode, push.values))],
        "seen": list(push.metric_names),
        "notices": protocol.dump_notices(push.notices),
        "curves": [curve.dump() for curve in push.curves],
        "results": protocol.dump_results(push.results),
        "steps": list(push.steps),
    }


def parse_request(message: Message) -> tuple[Caller, protocol.Push]:
    """Return the caller and the push in a message."""
    namespace, trial, first, values = message["push"]
    push = protocol.Push(
        namespace,
        trial,
        first,
        tuple(map(protocol.decode, values)),
        tuple(message["seen"]),
        protocol.parse_notices(message.get("notices")),
        protocol.parse_curves(message.get("curves")),
        protocol.parse_results(message.get("results")),
        tuple(message.get("steps") or ()),
    )
    return Caller(*message["caller"]), push
