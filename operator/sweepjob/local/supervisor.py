"""Runs one trainer, and kills its descendants when it ends.

This is a program that needs only the standard library: ``python -I -S supervisor.py OUTPUT``, where
OUTPUT is the file descriptor of the trainer's output.

When the first process of a container ends, the kernel kills all others, in any session or process group.
The supervisor achieves the same as a subreaper on Linux: orphans become its children. Other systems have
no subreapers; there it kills the trainer's process group only.

Standard input has a line of JSON (``argv``, ``env``, ``folder``), followed by commands of one byte. Its
end means ``KILL``, so the trainer does not outlive the program that started it. The supervisor writes a
line of JSON to the standard output when the trainer has started or failed to start, and one when it has
ended.
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
_KILL_TIMEOUT = 10.0  # seconds; long only for a process that the kernel cannot interrupt
_POLL_INTERVAL = 0.005  # seconds between two searches for orphans


def die_with_parent(parent: int) -> None:
    """Have the kernel kill the calling process when its parent ends in any way. Only on Linux.

    Args:
        parent: process id of the parent. If it differs already, the parent has ended before.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def main(output: int) -> None:
    """Run the trainer.

    Args:
        output: file descriptor of its output.
    """
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
    code = _wait_for_trainer(trainer.pid, ended)
    _kill_descendants(trainer.pid)
    _write({"code": code})


def _start(request: dict[str, Any], output: int) -> subprocess.Popen[bytes]:
    """Start the trainer. Keep the result: its finalizer would collect the exit code."""
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


def _wait_for_trainer(trainer: int, ended: int) -> int:
    """Execute commands until the trainer has ended; return its exit code, negative for a signal."""
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


def _kill_descendants(trainer: int) -> None:
    """Kill the remaining descendants.

    Children of a killed process become children of the supervisor, so this repeats until there are none.
    """
    if sys.platform != "linux":
        _signal_group(trainer, signal.SIGKILL)
    deadline = time.monotonic() + _KILL_TIMEOUT
    while _reap({}) and time.monotonic() < deadline:
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        time.sleep(_POLL_INTERVAL)


def _reap(codes: dict[int, int]) -> bool:
    """Collect the exit codes of children that have ended; return whether there are others."""
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
    """Read the first line without a buffer, which would swallow the commands after it."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1 << 20)
        if not piece:
            sys.exit(0)  # the parent has ended
        line += piece
    return line


def _write(message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the parent has ended
        os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
