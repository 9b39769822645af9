"""Finds files that a script moved away before they were read, as a log rotation does."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

# What a rotation appends to a name: a number, a date, or one of these words.
_SUFFIX = re.compile(r"[.\-_](?:\d[\d.\-_:T]*|old|bak|prev)")
_CLOCK_STEP = 2.0  # seconds between the clocks of the file system and of this process


class RotatedFiles:
    """Which files beside one file are earlier ones of the same name.

    Args:
        path: the path of the file that is read.
        was_read: whether a sidecar before this one has read a file, by its inode number.
    """

    def __init__(self, path: Path, was_read: Callable[[int], bool]) -> None:
        self._path = path
        self._was_read = was_read
        self._read: set[int] = set()
        self._since = time.time() - _CLOCK_STEP

    def note_read(self, file: BinaryIO) -> None:
        """Note that a file is being read, under whatever name it has later."""
        self._read.add(os.fstat(file.fileno()).st_ino)

    def unread(self) -> str:
        """Return which files were moved away unread, and the remedy; empty when none were.

        A file that was written before the sidecar started is one of an earlier attempt.
        """
        found = sorted(entry.name for entry in self._siblings() if self._is_unread(entry))
        if not found:
            return ""
        rest = f" and {len(found) - 1} more files beside" if len(found) > 1 else " beside"
        return (
            f"The script moved '{found[0]}'{rest} '{self._path.name}' away before the sidecar read it; "
            "reports in it are missing. Append all reports to one file."
        )

    def _siblings(self) -> list[os.DirEntry[str]]:
        name = self._path.name
        try:
            with os.scandir(self._path.parent) as entries:
                return [
                    e
                    for e in entries
                    if e.name.startswith(name) and _is_suffix(e.name[len(name) :])
                ]
        except OSError:
            return []

    def _is_unread(self, entry: os.DirEntry[str]) -> bool:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            return False
        if not entry.is_file(follow_symlinks=False) or status.st_size == 0:
            return False
        is_known = status.st_ino in self._read or self._was_read(status.st_ino)
        return status.st_mtime >= self._since and not is_known


def _is_suffix(text: str) -> bool:
    return _SUFFIX.fullmatch(text) is not None
