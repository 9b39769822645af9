"""Runs one trainer, and ends with it everything that it has started.

A program of its own, on the standard library alone: ``python -I -S supervisor.py OUTPUT``, where
OUTPUT is the file descriptor that the trainer prints into.

A container ends with its first process: the kernel kills what is left in it, whatever session or
process group that has made for itself. Here orphans become children of the supervisor (a subreaper on
Linux), so it finds them all. Other systems have no subreapers; there it kills the trainer's process
group only.

Standard input has a line of JSON (``argv``, ``env``, ``folder``), then commands of one byte. Its end is
``KILL``, so the trainer does not outlive the program that started it. Standard output gets a line of
JSON when the trainer has started, or could not be, and one when it has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from functools import partial
from typing import Any

TERMINATE, KILL = b"T", b"K"
_DIE_WITH_PARENT, _ADOPT_ORPHANS = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
_LONGEST = 10.0  # seconds for orphans to die, which is only long where the kernel holds one
_PAUSE = 0.005  # seconds between two looks for orphans


def die_with_parent(parent: int) -> None:
    """Runs in a child: on Linux the kernel kills it when its parent ends, however that is.

    Args:
        parent: the parent's process id. Where it is another by now, the parent ended before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def main(output: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1)
    request = json.loads(_read_line())
    ended, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        trainer = _start(request, output)
    except OSError as error:
        _write({"errno": error.errno, "message": error.strerror, "file": error.filename})
        return
    except (ValueError, subprocess.SubprocessError) as error:
        _write({"message": str(error)})
        return
    _write({"pid": trainer.pid})
    code = _await_end(trainer.pid, ended)
    _kill_rest(trainer.pid)
    _write({"code": code})


def _start(request: dict[str, Any], output: int) -> subprocess.Popen[bytes]:
    """Start it. Whoever lets go of the result loses the exit code: its finalizer collects it."""
    return subprocess.Popen(
        request["argv"],
        env=request["env"],
        cwd=request["folder"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )


def _await_end(trainer: int, ended: int) -> int:
    """Carry out commands until the trainer has ended; returns its exit code, negative for a signal."""
    watched = [ended, sys.stdin.fileno()]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if ended in ready:
            os.read(ended, 512)
            codes: dict[int, int] = {}
            _reap(codes)
            if trainer in codes:
                return codes[trainer]
        if sys.stdin.fileno() in ready:
            commands = os.read(sys.stdin.fileno(), 64)
            if not commands:
                watched.remove(sys.stdin.fileno())
            kills = not commands or KILL in commands
            _signal_group(trainer, signal.SIGKILL if kills else signal.SIGTERM)


def _kill_rest(trainer: int) -> None:
    """Kill what the trainer has left behind. A killed one's own children become ours, so it goes on
    until there is none.
    """
    if sys.platform != "linux":
        _signal_group(trainer, signal.SIGKILL)
    deadline = time.monotonic() + _LONGEST
    while _reap({}) and time.monotonic() < deadline:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        time.sleep(_PAUSE)


def _reap(codes: dict[int, int]) -> bool:
    """Collect the exit codes of children that have ended; whether there are others."""
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if child == 0:
            return True
        codes[child] = os.waitstatus_to_exitcode(status)


def _children() -> list[int]:
    if not os.path.isdir("/proc/self"):
        return []
    found = []
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                parent = file.read().rpartition(b")")[2].split()[1]
        except OSError:
            continue
        if int(parent) == os.getpid():
            found.append(int(entry))
    return found


def _signal_group(group: int, which: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)


def _read_line() -> bytes:
    """Unbuffered: what follows it are commands."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1 << 20)
        if not piece:
            sys.exit(0)  # whoever started this is gone
        line += piece
    return line


def _write(message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever started this is gone
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
