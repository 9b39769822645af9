"""The sidecar's append-only log on the pod's emptyDir, which survives a restart of the sidecar."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PIECE = 64 * 1024  # bytes


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Journal:
    """One JSON object per line. A kill may cut off the last line, which is dropped at the next start.

    What cannot be written, because the disk is full, is kept in memory and written later. The reports go
    on, and only a restart of the sidecar before that loses them.

    Args:
        path: the path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten = bytearray()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._drop_partial_line()
        self._file = path.open("ab", buffering=0)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield all entries, those of earlier processes included."""
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):  # the last one may not be written in full yet
                    yield json.loads(line)

    def append(self, entry: dict[str, Any]) -> None:
        """Write an entry; it outlives this process when the method returns, unless the disk is full."""
        was_behind = bool(self._unwritten)
        self._unwritten += json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        # One unbuffered write per line: the kernel has it before the trainer's call returns.
        try:
            while self._unwritten:
                written = self._file.write(self._unwritten) or 0
                del self._unwritten[:written]
        except OSError as error:
            if not was_behind:
                _log(f"the journal cannot be written: {error}; a restart would lose what follows")
        else:
            if was_behind:
                _log("the journal is written again")

    def _drop_partial_line(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("r+b") as file:
            end = whole = file.seek(0, io.SEEK_END)
            # From the end, in pieces: the file may be larger than the memory.
            while whole > 0:
                start = max(0, whole - _PIECE)
                file.seek(start)
                found = file.read(whole - start).rfind(b"\n") + 1
                whole = start + found
                if found:
                    break
            if whole < end:
                file.truncate(whole)
