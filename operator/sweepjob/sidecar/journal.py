"""The sidecar's append-only log on the pod's emptyDir, which survives a restart of the sidecar."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PIECE = 64 * 1024  # bytes


class Journal:
    """One JSON object per line. A kill may cut off the last line, which is dropped at the next start.

    Args:
        path: the path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._drop_partial_line()
        self._file = path.open("ab", buffering=0)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield all entries, those of earlier processes included."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def append(self, entry: dict[str, Any]) -> None:
        """Write an entry; it outlives this process when the method returns."""
        # One unbuffered write per line: the kernel has it before the trainer's call returns.
        self._file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

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
