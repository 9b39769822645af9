"""The sidecar of a pod on this machine: kept running as long as the trainer runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .process import Process

_COMMAND = [sys.executable, "-m", "sweepjob.sidecar"]
_READY = 10.0  # seconds that it has to open its port
_PAUSE = 1.0  # before it is started again
_FAREWELL = 30.0  # that it has to read and to push what is left


class SidecarFailed(Exception):
    """It does not get ready."""


@dataclass(frozen=True, slots=True)
class SidecarEnd:
    """How it ended.

    Attributes:
        code: its exit code.
        restarts: how often it was started again.
    """

    code: int
    restarts: int


class Sidecar:
    """One pod's.

    Args:
        port: that it listens on; 0 where it does not.
        log: what it prints is appended there.
    """

    def __init__(self, environment: Mapping[str, str], port: int, log: Path) -> None:
        self._environment = environment
        self._port = port
        self._log = log
        self._restarts = 0
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and wait until it is ready.

        Raises:
            SidecarFailed: it cannot be started, or opens no port.
        """
        process = await self._start_process()
        self._keeper = asyncio.create_task(self._keep(process))
        deadline = time.monotonic() + _READY
        while self._port and not _is_open(self._port):
            if time.monotonic() > deadline or not process.is_running:
                raise SidecarFailed(f"the sidecar has not opened its port; see {self._log}")
            await asyncio.sleep(0.02)

    async def _start_process(self) -> Process:
        try:
            with self._log.open("ab") as log:
                self._process = await Process.start(_COMMAND, self._environment, log.fileno())
        except OSError as error:
            raise SidecarFailed(f"the sidecar cannot be started: {error}") from error
        return self._process

    async def _keep(self, process: Process) -> None:
        """Start it again when it ends, as the kubelet does: its journal has what it knew."""
        while True:
            await process.wait()
            await asyncio.sleep(_PAUSE)
            with contextlib.suppress(SidecarFailed):  # then it is tried again
                process = await self._start_process()
                self._restarts += 1

    async def stop(self) -> SidecarEnd:
        """Tell it that the trainer has ended, and wait until it has dealt with what is left. One that
        was to be started again is, since what is left may be in a file that it reads.
        """
        if self._keeper is None or self._process is None:
            return SidecarEnd(0, 0)
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        if not self._process.is_running:
            with contextlib.suppress(SidecarFailed):
                await self._start_process()
                self._restarts += 1
        process = self._process
        process.terminate()
        try:
            async with asyncio.timeout(_FAREWELL):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        return SidecarEnd(code, self._restarts)


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False
