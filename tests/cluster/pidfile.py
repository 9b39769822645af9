"""Process ids in files, with the time the process started: a number that was given to another process
since is not mistaken for ours, and never killed."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def write(file: Path, pid: int) -> None:
    file.write_text(f"{pid} {_started(pid)}")


def read(file: Path) -> int | None:
    """The process, or None when it is gone."""
    try:
        pid, started = file.read_text().split()
        return int(pid) if _started(int(pid)) == started else None
    except (OSError, ValueError):
        return None


def kill(file: Path) -> None:
    """SIGKILL the process, if it is still there, and forget it."""
    pid = read(file)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    file.unlink(missing_ok=True)


def _started(pid: int) -> str:
    """Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[19]
