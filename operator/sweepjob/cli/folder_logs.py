"""The logs of trials that ran on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from .log_lines import LineFilter

_POLL = 0.3  # seconds between two looks at a file that grows


def print_file(
    file: Path, lines: int | None, keep: LineFilter, has_ended: Callable[[], bool] | None
) -> None:
    """Print a log.

    Args:
        file: the log.
        lines: number of last lines; None for all.
        keep: prints what is wanted.
        has_ended: whether the trial has ended, to follow the log until then; None for no following.
    """
    position = _print_from(file, _start(file, lines), keep)
    while has_ended is not None and not has_ended():
        time.sleep(_POLL)
        position = _print_from(file, position, keep)
    _print_from(file, position, keep)
    keep.finish()


def _start(file: Path, lines: int | None) -> int:
    """Return the position of the last lines of a file; 0 for all of them."""
    if lines is None:
        return 0
    data = file.read_bytes()
    position = len(data) - data.endswith(b"\n")
    for _ in range(lines):
        position = data.rfind(b"\n", 0, max(0, position))
        if position < 0:
            return 0
    return position + 1 if lines else len(data)


def _print_from(file: Path, position: int, keep: LineFilter) -> int:
    """Print what a file has from a position on; return the position of its end."""
    with file.open("rb") as log:
        log.seek(position)
        while chunk := log.read(1 << 16):
            keep.write(chunk)
            position += len(chunk)
    keep.flush()
    return position
