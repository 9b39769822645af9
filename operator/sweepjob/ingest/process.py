"""The ingestion process as the operator's process has it: started, answered, and supervised."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..kube.denied import Denied
from ..telemetry import metrics
from .answer import AnswersPushes
from .channel import Message, encode, receive
from .client import parse_request

_COMMAND = (sys.executable, "-m", "sweepjob.ingest")
_SLICE = 0.005  # seconds of answering pushes, after which the control loop has its turn
_GOODBYE = 2.0  # seconds for the process to end by itself


class IngestProcess:
    """Runs ``python -m sweepjob.ingest``, which has the operator's environment.

    Args:
        handler: answers its pushes, in the control loop.
        command: to run instead; the channel's file descriptor is its last argument.
        on_denied: called with each right that one of the process's own requests was refused for.
    """

    def __init__(
        self,
        handler: AnswersPushes,
        command: Sequence[str] = _COMMAND,
        on_denied: Callable[[Denied], None] = lambda denied: None,
    ) -> None:
        self._handler = handler
        self._on_denied = on_denied
        self._command = command
        self.listening = asyncio.Event()

    @property
    def trouble(self) -> str:
        """What keeps reports from being received; empty when nothing does."""
        return "" if self.listening.is_set() else "the ingestion process does not listen yet"

    async def run(self) -> None:
        """For ever.

        Raises:
            RuntimeError: the process has ended.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            await self._answer(reader, writer)
            code = await process.wait()
            raise RuntimeError(f"the ingestion process has ended with exit code {code}")
        finally:
            writer.close()
            await _end(process)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        until = time.monotonic() + _SLICE
        while (message := await receive(reader)) is not None:
            self._handle(message, writer.write)
            if time.monotonic() >= until:
                # What has been received already is read without a pause: let others have one.
                await writer.drain()
                await asyncio.sleep(0)
                until = time.monotonic() + _SLICE

    def _handle(self, message: Message, write: Callable[[bytes], None]) -> None:
        if "id" in message:
            answer = self._handler.answer(*parse_request(message))
            write(encode({"id": message["id"], "status": answer.status, "body": answer.body}))
        elif "counts" in message:
            _count(message["counts"])
        elif "denied" in message:
            self._on_denied(Denied(*message["denied"]))
        else:
            self.listening.set()


def _count(counts: Mapping[str, Any]) -> None:
    """Into this process's metrics, which are those that are scraped."""
    for status, number in counts["answers"].items():
        metrics.PUSHES.labels(status).inc(number)
    for reason, number in counts["refused"].items():
        metrics.CONNECTIONS_REFUSED.labels(reason).inc(number)
    metrics.CONNECTIONS.set(counts["connections"])
    metrics.INTAKE_MEMORY.set(counts["memory"])


async def _end(process: asyncio.subprocess.Process) -> None:
    """The channel is closed, at which it ends by itself."""
    try:
        await asyncio.wait_for(process.wait(), _GOODBYE)
    except TimeoutError:
        process.kill()
        await process.wait()
