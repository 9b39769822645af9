"""Child processes: a single one, and one that is supervised together with its descendants."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import supervisor

_EXIT_TIMEOUT = 15.0  # seconds for a supervisor to kill its processes
_LINE = 1 << 20  # bytes of a supervisor's message, at most


class Process:
    """A process without children, in a session of its own.

    SIGTERM is blocked at its start, so that a signal before the process has a handler stays pending until
    the process unblocks it.
    """

    def __init__(self, inner: asyncio.subprocess.Process) -> None:
        self._inner = inner

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], output: int
    ) -> Process:
        """Start a process.

        Args:
            command: the program and its arguments.
            environment: environment variables.
            output: file descriptor of its standard output and standard error.

        Raises:
            OSError: it cannot be started.
        """
        inner = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(_prepare_child, os.getpid()),
        )
        return cls(inner)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._inner.returncode is None

    async def wait(self) -> int:
        """Wait for its end, and return its exit code as a shell reports it."""
        return shell_code(await self._inner.wait())

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._inner.send_signal(which)


def _prepare_child(parent: int) -> None:
    supervisor.die_with_parent(parent)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


class SupervisedProcess:
    """A process whose descendants end with it; see ``supervisor``."""

    def __init__(self, inner: asyncio.subprocess.Process) -> None:
        assert inner.stdin is not None
        assert inner.stdout is not None
        self._inner = inner
        self._commands = inner.stdin
        self._messages = inner.stdout

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], output: int, folder: Path
    ) -> SupervisedProcess:
        """Start a process.

        Args:
            command: the program and its arguments.
            environment: environment variables.
            output: file descriptor of its standard output and standard error.
            folder: working directory.

        Raises:
            OSError: it cannot be started.
            ValueError: an argument is invalid, e.g. has a null byte.
        """
        inner = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}"),
            *(supervisor.__file__, str(output)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            pass_fds=(output,),
            start_new_session=True,
            limit=_LINE,
        )
        started = cls(inner)
        request = {"argv": list(command), "env": dict(environment), "folder": str(folder)}
        try:
            await started._open(request)
        except BaseException:
            started.kill()
            raise
        return started

    async def _open(self, request: Mapping[str, object]) -> None:
        self._commands.write(json.dumps(request).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._commands.drain()
        answer = await self._message()
        if answer is None:
            raise OSError("the supervisor of the trainer ended before it had started it")
        if "pid" in answer:
            return
        await self._inner.wait()
        if "errno" in answer:
            raise OSError(answer["errno"], answer["message"], answer["file"])
        raise ValueError(answer["message"])

    async def wait(self) -> int:
        """Wait for its end and that of its descendants; return its exit code as a shell reports it."""
        answer = await self._message()
        code = await self._inner.wait()
        # Without an answer the supervisor was killed, and the kernel has killed the trainer with it.
        return shell_code(code if answer is None else answer["code"])

    async def _message(self) -> dict[str, Any] | None:
        line = await self._messages.readline()
        message: dict[str, Any] | None = json.loads(line) if line else None
        return message

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._command(supervisor.TERMINATE)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._command(supervisor.KILL)

    async def end(self) -> None:
        """Kill it and wait for its end; kill the supervisor if that does not answer."""
        self.kill()
        try:
            async with asyncio.timeout(_EXIT_TIMEOUT):
                await self._inner.wait()
        except TimeoutError:
            self._inner.kill()
            await self._inner.wait()

    def _command(self, command: bytes) -> None:
        if self._inner.returncode is None and not self._commands.is_closing():
            self._commands.write(command)


def shell_code(code: int) -> int:
    """Return an exit code as a shell reports it: 128 plus the signal number for a killed process."""
    return code if code >= 0 else 128 - code
