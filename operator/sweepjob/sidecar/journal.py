"""The append-only log on the pod's emptyDir: it survives a restart of the sidecar."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """One JSON object a line; the last line may be cut off by a kill and is then dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._drop_partial_line()
        self._file = path.open("ab", buffering=0)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Everything written so far, by this process and those before it."""
        with self._path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def append(self, entry: dict[str, Any]) -> None:
        # One unbuffered write a line: what was acknowledged to the trainer is in the kernel, and
        # outlives this process.
        self._file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def _drop_partial_line(self) -> None:
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            with self._path.open("r+b") as file:
                file.truncate(whole)
