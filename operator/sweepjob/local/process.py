"""Processes that end with everything they have started."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def prepare(parent: int) -> None:
    """Runs in the child: on Linux it is killed when this program is, however that ends.

    Args:
        parent: this program's process. Where it is another by now, it ended before the kernel was asked.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


class Process:
    """A process with a session of its own."""

    def __init__(self, inner: asyncio.subprocess.Process) -> None:
        self._inner = inner

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: IO[bytes] | int,
        folder: Path | None = None,
    ) -> Process:
        """Start it; both its streams go to ``output``.

        Raises:
            OSError: there is no such program, or it cannot be started.
        """
        inner = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=partial(prepare, os.getpid()),
        )
        return cls(inner)

    @property
    def output(self) -> asyncio.StreamReader | None:
        """What it prints, where it was started with a pipe."""
        return self._inner.stdout

    @property
    def is_running(self) -> bool:
        return self._inner.returncode is None

    async def wait(self) -> int:
        """Its exit code, as a shell has it: 128 and the signal's number for one that was killed."""
        code = await self._inner.wait()
        # What it has left behind in its session goes, too.
        self._signal(signal.SIGKILL)
        return code if code >= 0 else 128 - code

    def tell_to_go(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._inner.pid, which)
