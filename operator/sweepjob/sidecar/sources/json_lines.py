"""Reads a file with one JSON object per line, names to values: ``{"epoch": 3, "loss": 0.25}``.

The file may grow, be replaced by another one, or be rewritten in place. It is kept open, so that a
replacement is recognized: the kernel does not reuse the inode number of an open file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ... import protocol
from ..metric_store import MetricStore
from .json_objects import named_values, parse_object, remedy, shown
from .rotated_files import RotatedFiles
from .safe_open import explain, incomplete, open_regular

_LONGEST = 1024 * 1024  # bytes of a line; a longer one is skipped
_CHECKED = 256  # bytes before the offset, by which a rewritten file is recognized


class JsonLines:
    """Reads a file from where this sidecar, or one before a restart, stopped.

    Args:
        path: the path of the file.
        store: the reports.
    """

    def __init__(self, path: Path, store: MetricStore) -> None:
        self._path = path
        self._store = store
        self._file: BinaryIO | None = None
        self._offset_key = ""
        self._offset = 0
        self._preceding_bytes = b""  # the bytes before the offset
        self._changed = 0  # last modification of the file, in nanoseconds since the epoch
        self._unfinished = b""  # the last line at the previous read
        self._skipping = False  # inside a line that is too long
        self._has_skipped_line = self._has_other_value = False
        self._rotated = RotatedFiles(path, lambda inode: store.offset(self._key(inode)) > 0)

    def read(self, last: bool) -> None:
        """Read the lines that are new.

        Args:
            last: nothing more will be written, so an unfinished line counts.

        Raises:
            FileNotFoundError: the file does not exist yet.
        """
        try:
            self._read(last)
        except FileNotFoundError:
            if self._file is not None:  # it was moved away or deleted; it may have grown before
                self._read_on(self._file, last=last)
            raise
        except OSError as error:
            self._store.set_notice("files", incomplete([explain(error, self._path.name)]))
        else:
            self._store.set_notice("files", None)
        finally:
            if last and (unread := self._rotated.unread()):
                self._set_notice("rotated", unread)

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

    def _key(self, inode: int) -> str:
        return f"{self._path.name}:{inode}"

    def _begin(self, file: BinaryIO) -> None:
        self._offset_key = self._key(os.fstat(file.fileno()).st_ino)
        # Only the first file can be the one that a sidecar before this one read.
        self._offset = self._store.offset(self._offset_key) if self._file is None else 0
        self._file = file
        self._rotated.note_read(file)
        self._preceding_bytes, self._unfinished, self._skipping = b"", b"", False

    def _read_on(self, file: BinaryIO, *, last: bool) -> None:
        if self._was_rewritten(file):
            self._store.note_rewritten(self._offset_key)
            self._offset, self._preceding_bytes, self._unfinished, self._skipping = (
                0,
                b"",
                b"",
                False,
            )
        file.seek(self._offset)
        while line := file.readline(_LONGEST):
            is_whole = line.endswith(b"\n")
            if not is_whole and len(line) < _LONGEST and not self._is_complete(line, last=last):
                break
            self._offset += len(line)
            self._preceding_bytes = (self._preceding_bytes + line)[-_CHECKED:]
            self._read_part(line, is_whole=is_whole)

    def _was_rewritten(self, file: BinaryIO) -> bool:
        status = os.fstat(file.fileno())
        if status.st_size < self._offset:
            return True
        if status.st_mtime_ns == self._changed:
            return False
        self._changed = status.st_mtime_ns
        file.seek(self._offset - len(self._preceding_bytes))
        return file.read(len(self._preceding_bytes)) != self._preceding_bytes

    def _is_complete(self, line: bytes, *, last: bool) -> bool:
        """Return whether a line without a line end counts.

        It does when nothing follows, or when it is a JSON object that has not changed since the previous
        read: a file with a single line may never get a line end.
        """
        is_old, self._unfinished = line == self._unfinished, line
        return last or (is_old and not self._skipping and parse_object(line) is not None)

    def _read_part(self, line: bytes, *, is_whole: bool) -> None:
        """Read a line, or skip the parts of one that is too long."""
        if self._skipping or (len(line) >= _LONGEST and not is_whole):
            if not self._skipping:
                self._skip_line(f"is longer than {_LONGEST} bytes", line)
            self._skipping = not is_whole
            return
        found = parse_object(line) if line.strip() else {}
        if found is None:
            self._skip_line("is not a JSON object", line)
            return
        step, primary = protocol.known_step(found.get("step")), self._store.metric
        # The primary metric last: reading resumes after the line once its report is in the journal.
        for name, value in sorted(self._values(found, line), key=lambda one: one[0] == primary):
            self._store.add_report(name, value, (self._offset_key, self._offset), step=step)

    def _values(self, found: dict[str, Any], line: bytes) -> Iterator[tuple[str, float]]:
        for name, value in named_values(found):
            try:
                yield name, protocol.decode(value)
            except ValueError:
                if name == self._store.metric and value is not None:
                    self._note_no_number(line)
                # Otherwise a string or a list besides the metrics.

    def _skip_line(self, why: str, line: bytes) -> None:
        """Set a notice about the first line that was skipped; a file may have nothing else."""
        if self._has_skipped_line:
            return
        self._has_skipped_line = True
        self._set_notice(
            "lines",
            f"a line of '{self._path.name}' {why} and was skipped, as are others like it: the one at "
            f"byte {self._offset - len(line)}, '{shown(line)}'. {remedy(line)}",
        )

    def _note_no_number(self, line: bytes) -> None:
        """Set a notice about the first value of the primary metric that is not a number."""
        if self._has_other_value:
            return
        self._has_other_value = True
        self._set_notice(
            "values",
            f"'{self._path.name}' has a value of '{self._store.metric}' that is not a number, at byte "
            f"{self._offset - len(line)} and maybe later: '{shown(line)}'. Write it like 1234.5.",
        )

    def _set_notice(self, topic: str, text: str) -> None:
        self._store.set_notice(topic, protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text))


def _is_same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.sameopenfile(one.fileno(), other.fileno())
