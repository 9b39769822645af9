"""The two kinds of processes of a pod: one that stands alone, and one with everything it has started."""

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

_PATIENCE = 15.0  # seconds for a supervisor to end what it runs
_LINE = 1 << 20  # characters of a supervisor's message, at most


class Process:
    """A process that starts no others, with a session of its own.

    SIGTERM is blocked in it from the start: one that comes before the process listens to it waits
    until the process unblocks it.
    """

    def __init__(self, inner: asyncio.subprocess.Process) -> None:
        self._inner = inner

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], output: int
    ) -> Process:
        """Start it; both its streams go to ``output``.

        Raises:
            OSError: there is no such program, or it cannot be started.
        """
        inner = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=partial(_prepare, os.getpid()),
        )
        return cls(inner)

    @property
    def is_running(self) -> bool:
        return self._inner.returncode is None

    async def wait(self) -> int:
        """Its exit code, as a shell has it."""
        return shell_code(await self._inner.wait())

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._inner.send_signal(which)


def _prepare(parent: int) -> None:
    supervisor.die_with_parent(parent)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


class SupervisedProcess:
    """A process that ends with everything it has started; see ``supervisor``."""

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
        """Start it in a folder; both its streams go to ``output``.

        Raises:
            OSError: there is no such program, or it cannot be started.
            ValueError: no system could start it, e.g. for a null byte in an argument.
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
        """Its exit code, as a shell has it, when everything that it has started is gone, too."""
        answer = await self._message()
        code = await self._inner.wait()
        # Without an answer somebody has killed the supervisor, and the kernel the trainer with it.
        return shell_code(code if answer is None else answer["code"])

    async def _message(self) -> dict[str, Any] | None:
        line = await self._messages.readline()
        message: dict[str, Any] | None = json.loads(line) if line else None
        return message

    def terminate(self) -> None:
        """Ask it to go."""
        self._command(supervisor.TERMINATE)

    def kill(self) -> None:
        self._command(supervisor.KILL)

    async def end(self) -> None:
        """Kill it, and wait until it is gone; without its supervisor, where that does not answer."""
        self.kill()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._inner.wait()
        except TimeoutError:
            self._inner.kill()
            await self._inner.wait()

    def _command(self, command: bytes) -> None:
        if self._inner.returncode is None and not self._commands.is_closing():
            self._commands.write(command)


def shell_code(code: int) -> int:
    """An exit code as a shell has it: 128 and the signal's number for a process that was killed."""
    return code if code >= 0 else 128 - code
