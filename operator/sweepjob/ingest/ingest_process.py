"""Starts and supervises the ingestion process, and responds to its pushes."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..kube.denied_access import DeniedAccess
from ..telemetry import metrics
from .channel import Message, encode, receive
from .channel_client import parse_request
from .push_response import PushReceiver

_COMMAND = (sys.executable, "-m", "sweepjob.ingest")
_SLICE = 0.005  # seconds of handling pushes, after which other tasks have their turn
_EXIT_TIMEOUT = 2.0  # seconds for the process to end on its own


class IngestProcess:
    """Runs ``python -m sweepjob.ingest`` with the operator's environment.

    Args:
        receiver: handles the pushes, in this process.
        command: the command to run instead; the channel's file descriptor is appended.
        on_access_denied: called with the access that a request of that process was denied.

    Attributes:
        listening: set once that process accepts connections.
        certificate_problem: why it has no usable certificate; empty when it has one.
    """

    def __init__(
        self,
        receiver: PushReceiver,
        command: Sequence[str] = _COMMAND,
        on_access_denied: Callable[[DeniedAccess], None] = lambda denied: None,
    ) -> None:
        self._receiver = receiver
        self._on_denied = on_access_denied
        self._command = command
        self.listening = asyncio.Event()
        self.certificate_problem = ""

    @property
    def not_ready_reason(self) -> str:
        """Why reports are not received; empty when they are."""
        return "" if self.listening.is_set() else "the ingestion process does not listen yet"

    async def run(self) -> None:
        """Run the process, and respond to its pushes.

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
            await self._respond(reader, writer)
            code = await process.wait()
            raise RuntimeError(f"the ingestion process has ended with exit code {code}")
        finally:
            writer.close()
            await _end(process)

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        until = time.monotonic() + _SLICE
        while (message := await receive(reader)) is not None:
            self._handle(message, writer.write)
            if time.monotonic() >= until:
                # Reading what has already been received does not suspend this task: let others run.
                await writer.drain()
                await asyncio.sleep(0)
                until = time.monotonic() + _SLICE

    def _handle(self, message: Message, write: Callable[[bytes], None]) -> None:
        if "id" in message:
            response = self._receiver.handle(*parse_request(message))
            write(encode({"id": message["id"], "status": response.status, "body": response.body}))
        elif "counts" in message:
            _add_counts(message["counts"])
        elif "denied" in message:
            self._on_denied(DeniedAccess(*message["denied"]))
        elif "certificate" in message:
            self.certificate_problem = message["certificate"]
        else:
            self.listening.set()


def _add_counts(counts: Mapping[str, Any]) -> None:
    """Add to the metrics of this process, which are the ones that are scraped."""
    for status, number in counts["answers"].items():
        metrics.PUSHES.labels(status).inc(number)
    for reason, number in counts["refused"].items():
        metrics.CONNECTIONS_REFUSED.labels(reason).inc(number)
    metrics.CONNECTIONS.set(counts["connections"])
    metrics.INGEST_MEMORY.set(counts["memory"])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Wait for the process, which ends on its own when the channel is closed."""
    try:
        await asyncio.wait_for(process.wait(), _EXIT_TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
