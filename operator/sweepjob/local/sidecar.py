"""The process of a pod's sidecar, which is restarted while the trainer runs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .child_process import Process

_COMMAND = [sys.executable, "-m", "sweepjob.sidecar"]
_READY_TIMEOUT = 10.0  # seconds to open the port
_RESTART_DELAY = 1.0  # seconds
_GRACE_PERIOD = 30.0  # seconds to read and push the remaining reports


class SidecarStartError(Exception):
    """The sidecar does not become ready."""


@dataclass(frozen=True, slots=True)
class SidecarResult:
    """The result of a sidecar.

    Attributes:
        code: exit code.
        restarts: number of restarts.
    """

    code: int
    restarts: int


class SidecarProcess:
    """The sidecar of one pod.

    Args:
        environment: environment variables.
        port: port that it listens on; 0 if it does not.
        log: file that its output is appended to.
    """

    def __init__(self, environment: Mapping[str, str], port: int, log: Path) -> None:
        self._environment = environment
        self._port = port
        self._log = log
        self._restarts = 0
        self._process: Process | None = None
        self._restart_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the sidecar, and wait until it is ready.

        Raises:
            SidecarStartError: it cannot be started, or does not open its port.
        """
        process = await self._start_process()
        self._restart_task = asyncio.create_task(self._restart_on_exit(process))
        deadline = time.monotonic() + _READY_TIMEOUT
        while self._port and not _is_open(self._port):
            if time.monotonic() > deadline or not process.is_running:
                raise SidecarStartError(f"the sidecar has not opened its port; see {self._log}")
            await asyncio.sleep(0.02)

    async def _start_process(self) -> Process:
        try:
            with self._log.open("ab") as log:
                self._process = await Process.start(_COMMAND, self._environment, log.fileno())
        except OSError as error:
            raise SidecarStartError(f"the sidecar cannot be started: {error}") from error
        return self._process

    async def _restart_on_exit(self, process: Process) -> None:
        """Restart it when it ends, as the kubelet does. Its journal restores its state."""
        while True:
            await process.wait()
            await asyncio.sleep(_RESTART_DELAY)
            with contextlib.suppress(SidecarStartError):  # retried in the next iteration
                process = await self._start_process()
                self._restarts += 1

    async def stop(self) -> SidecarResult:
        """Terminate it after the trainer has ended, and wait until it has pushed the remaining reports.

        A sidecar that waits for its restart is started once more, since reports may remain in a file.
        """
        if self._restart_task is None or self._process is None:
            return SidecarResult(0, 0)
        self._restart_task.cancel()
        await asyncio.wait([self._restart_task])
        if not self._process.is_running:
            with contextlib.suppress(SidecarStartError):
                await self._start_process()
                self._restarts += 1
        process = self._process
        process.terminate()
        try:
            async with asyncio.timeout(_GRACE_PERIOD):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        return SidecarResult(code, self._restarts)


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False
