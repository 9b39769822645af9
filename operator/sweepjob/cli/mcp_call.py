"""Carries out a call of an agent: one of this program's own commands, in a process of its own.

So a call has the same checks, rights and messages as the command line, and cannot write to the stream of
the protocol. What it prints is bounded, and free of control characters.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..render.escaping import escape_controls

TIMEOUT = 120.0  # seconds of a command
OUTPUT_LIMIT = 40_000  # characters that an agent gets
INPUT_LIMIT = 1_000_000  # characters of a file that an agent gives
_NAME = re.compile(r"(?:(?:sweepjob|sweeptrial)/)?[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


class CallError(Exception):
    """A call has invalid arguments, or took too long; the message says which, and the remedy."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a command printed.

    Attributes:
        code: its exit code.
        output: its standard output, as it is.
        messages: its standard error: notes, warnings and errors.
    """

    code: int
    output: str
    messages: str


def check_name(name: str) -> str:
    """Return the name of a sweep or a trial.

    Raises:
        CallError: it is none; so nothing that begins with ``-`` is taken for a flag.
    """
    if not _NAME.fullmatch(name):
        raise CallError(f"{name[:80]!r} is not the name of a sweep or a trial")
    return name


def namespace_flags(namespace: str | None, flags: tuple[str, ...]) -> list[str]:
    """Return the flags of the cluster for a namespace; those of the server without one.

    Raises:
        CallError: the namespace is none.
    """
    if namespace is None:
        return [*flags]
    if not _NAMESPACE.fullmatch(namespace):
        raise CallError(f"{namespace[:80]!r} is not the name of a namespace")
    return [f"--namespace={namespace}", *(f for f in flags if not f.startswith("--namespace="))]


async def call(*words: str, files: Mapping[str, str] | None = None) -> CallResult:
    """Run a command of this program.

    Args:
        words: the command and its arguments.
        files: contents of files by their names, for a command that reads files: it runs in a folder
            that has nothing else.

    Raises:
        CallError: a file is too large, or the command took too long.
    """
    for name, text in (files or {}).items():
        if len(text) > INPUT_LIMIT:
            raise CallError(f"{name} has {len(text)} characters; {INPUT_LIMIT} are allowed")
    with tempfile.TemporaryDirectory(prefix="sweepjob-mcp-") as folder:
        await asyncio.to_thread(_write, folder, files or {})
        return await _run(words, folder if files else None)


def _write(folder: str, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        Path(folder, name).write_text(text, encoding="utf-8", errors="replace")


async def _run(words: tuple[str, ...], folder: str | None) -> CallResult:
    process = await asyncio.create_subprocess_exec(
        # Not from the current folder: -P.
        *(sys.executable, "-P", "-m", "sweepjob.cli", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    try:
        async with asyncio.timeout(TIMEOUT):
            output, messages = await process.communicate()
    except TimeoutError:
        raise CallError(f"sweepjob {words[0]} took longer than {TIMEOUT:g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.returncode is not None
    return CallResult(
        process.returncode, output.decode(errors="replace"), messages.decode(errors="replace")
    )


def bounded(text: str) -> str:
    """Return a text for an agent: without control characters, and cut where it is too long."""
    safe = escape_controls(text)
    if len(safe) <= OUTPUT_LIMIT:
        return safe
    return f"{safe[:OUTPUT_LIMIT]}\n[cut here: {len(safe) - OUTPUT_LIMIT} characters more; ask for less]"
