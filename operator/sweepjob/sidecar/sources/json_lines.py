"""A file with one JSON object a line, names to values: ``{"epoch": 3, "loss": 0.25}``.

The file may grow, be replaced by another one, or be written anew in place. It is kept open, so that one
that took its name is known from it: the kernel gives no number of a file twice while it is open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ... import protocol
from ..metric_store import MetricStore
from .regular_files import explain, incomplete, open_regular

_LONGEST = 1024 * 1024  # bytes of a line; one that is longer is passed over
_CHECKED = 256  # bytes before the offset by which a file that was written anew is known


class JsonLines:
    """Reads a file from where it, or a sidecar before it, has come to."""

    def __init__(self, path: Path, recorder: MetricStore) -> None:
        self._path = path
        self._recorder = recorder
        self._file: BinaryIO | None = None
        self._place = ""
        self._offset = 0
        self._before = b""  # what stood before the offset
        self._changed = 0  # when the file was changed last, in nanoseconds since the epoch
        self._unfinished = b""  # the last line, as it was seen last
        self._skipping = False  # within a line that is too long
        self._has_passed_over = False

    def read(self, last: bool) -> None:
        """Take in the lines that are new.

        Args:
            last: nothing more will be written, so an unfinished line counts.

        Raises:
            FileNotFoundError: it is not there yet.
        """
        try:
            self._read(last)
        except FileNotFoundError:
            raise
        except OSError as error:
            self._recorder.warn("files", incomplete([explain(error, self._path.name)]))
        else:
            self._recorder.warn("files", None)

    def _read(self, last: bool) -> None:
        found = open_regular(self._path, self._path.parent)
        if self._file is None or not _is_same(self._file, found):
            if self._file is not None:
                self._read_on(self._file, last=True)
                self._file.close()
            self._begin(found)
        else:
            found.close()
        assert self._file is not None
        self._read_on(self._file, last=last)

    def _begin(self, file: BinaryIO) -> None:
        self._place = f"{self._path.name}:{os.fstat(file.fileno()).st_ino}"
        # Only the first one can be the file that a sidecar before this one has read.
        self._offset = self._recorder.place(self._place) if self._file is None else 0
        self._file = file
        self._before, self._unfinished, self._skipping = b"", b"", False

    def _read_on(self, file: BinaryIO, *, last: bool) -> None:
        if self._was_written_anew(file):
            self._offset, self._before, self._unfinished, self._skipping = 0, b"", b"", False
        file.seek(self._offset)
        while line := file.readline(_LONGEST):
            is_whole = line.endswith(b"\n")
            if not is_whole and len(line) < _LONGEST and not self._may_end(line, last=last):
                break
            self._offset += len(line)
            self._before = (self._before + line)[-_CHECKED:]
            self._take_part(line, is_whole=is_whole)

    def _was_written_anew(self, file: BinaryIO) -> bool:
        status = os.fstat(file.fileno())
        if status.st_size < self._offset:
            return True
        if status.st_mtime_ns == self._changed:
            return False
        self._changed = status.st_mtime_ns
        file.seek(self._offset - len(self._before))
        return file.read(len(self._before)) != self._before

    def _may_end(self, line: bytes, *, last: bool) -> bool:
        """Whether a line without an end is taken as it is: nothing follows, or it is whole and has not
        changed since it was looked at before. A file with a single line may never get an end of it.
        """
        is_old, self._unfinished = line == self._unfinished, line
        return last or (is_old and not self._skipping and _object(line) is not None)

    def _take_part(self, line: bytes, *, is_whole: bool) -> None:
        """Take a line, or pass over the parts of one that is too long."""
        if self._skipping or (len(line) >= _LONGEST and not is_whole):
            if not self._skipping:
                self._pass_over(f"is longer than {_LONGEST} bytes", line)
            self._skipping = not is_whole
            return
        for name, value in self._values(line):
            self._recorder.report(name, value, (self._place, self._offset))

    def _values(self, line: bytes) -> Iterator[tuple[str, float]]:
        found = _object(line) if line.strip() else {}
        if found is None:
            self._pass_over("is no JSON object", line)
            return
        for name, value in found.items():
            try:
                yield name, protocol.decode(value)
            except ValueError:
                continue  # a text or a list beside the metrics

    def _pass_over(self, why: str, line: bytes) -> None:
        """Say that a line was passed over: the first one, since a file may have nothing else."""
        if self._has_passed_over:
            return
        self._has_passed_over = True
        start = self._offset - len(line)
        text = (
            f"a line of '{self._path.name}' {why} and was passed over, with any other like it: the one "
            f"at byte {start}, {line[:60]!r}. Write one JSON object a line."
        )
        self._recorder.warn("lines", protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text))


def _is_same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())


def _object(line: bytes) -> dict[str, Any] | None:
    """The object that a line is; None when it is none. Integers become floats: reading one of a million
    digits exactly would take a minute.
    """
    try:
        text = line.decode(errors="replace").lstrip("\ufeff")
        found = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
