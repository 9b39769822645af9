"""A file with one JSON object a line, names to values: ``{"epoch": 3, "loss": 0.25}``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ... import wire
from ..recorder import Recorder

_LONGEST = 1024 * 1024  # bytes of a line; one that is longer is passed over


class JsonLines:
    """Reads a file from where it, or a sidecar before it, has come to."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self._path = path
        self._recorder = recorder
        self._offset = recorder.place(path.name)
        self._complained = False

    def read(self, last: bool) -> None:
        """Take in the lines that are new.

        Raises:
            OSError: the file cannot be read.
        """
        with self._path.open("rb") as file:
            if file.seek(0, 2) < self._offset:
                self._offset = 0  # it was written anew
            file.seek(self._offset)
            while line := file.readline(_LONGEST):
                unfinished = not line.endswith(b"\n") and len(line) < _LONGEST
                if unfinished and not last:
                    return
                self._offset += len(line)
                self._take(line)

    def _take(self, line: bytes) -> None:
        for name, value in self._values(line):
            self._recorder.report(name, value, (self._path.name, self._offset))

    def _values(self, line: bytes) -> Iterator[tuple[str, float]]:
        try:
            data = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            self._complain(line)
            return
        for name, value in data.items():
            try:
                yield name, wire.decode(value)
            except ValueError:
                continue  # a text or a list beside the metrics

    def _complain(self, line: bytes) -> None:
        if not self._complained:
            self._complained = True
            print(f"not a JSON object, passed over: {line[:200]!r}", file=sys.stderr, flush=True)
