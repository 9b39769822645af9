"""The ingestion process's end of the channel."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import astuple
from itertools import count

from .. import protocol
from ..kube.denied import Denied
from .answer import Answer
from .authentication import Caller
from .channel import Message, encode, receive

# Pushes that the operator's process has not answered yet: as many as it answers in some milliseconds.
_IN_FLIGHT = 256


class ChannelClient:
    """Submits pushes to the operator's process, and waits for its answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ids = count()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    @classmethod
    async def connect(cls, channel: socket.socket) -> ChannelClient:
        """The client on its end of the socket pair."""
        return cls(*await asyncio.open_connection(sock=channel))

    async def submit(self, caller: Caller, push: protocol.Push) -> Answer:
        """The operator's answer to a push."""
        async with self._in_flight:
            number = next(self._ids)
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self._waiting[number] = answer
            try:
                self.send(_request(number, caller, push))
                await self._writer.drain()
                return await answer
            finally:
                del self._waiting[number]

    def send(self, message: Message) -> None:
        self._writer.write(encode(message))

    def send_denied(self, denied: Denied) -> None:
        """Tell the operator's process, which reviews its rights, that a request was refused for one."""
        self.send({"denied": astuple(denied)})

    def close(self) -> None:
        self._writer.close()

    async def run(self) -> None:
        """Receive answers until the operator's process has ended."""
        while (message := await receive(self._reader)) is not None:
            answer = self._waiting.get(message["id"])
            if answer is not None and not answer.done():
                answer.set_result(Answer(message["status"], message["body"]))


def _request(number: int, caller: Caller, push: protocol.Push) -> Message:
    return {
        "id": number,
        "caller": [caller.namespace, caller.pod, caller.uid],
        "push": [push.namespace, push.trial, push.first, list(map(protocol.encode, push.values))],
        "seen": list(push.metric_names),
        "notices": protocol.dump_notices(push.notices),
    }


def parse_request(message: Message) -> tuple[Caller, protocol.Push]:
    """The sender and the push of a message."""
    namespace, trial, first, values = message["push"]
    push = protocol.Push(
        namespace,
        trial,
        first,
        tuple(map(protocol.decode, values)),
        tuple(message["seen"]),
        protocol.parse_notices(message.get("notices")),
    )
    return Caller(*message["caller"]), push
