"""Which files below a folder are kept open for writing, by any process in the pod, as inotify reports it.

A trainer that keeps its file open closes it when its process ends, if not before. One that opens it for
every line shows nothing.

Only Linux has inotify, and there a user has a limited number of instances. Without it the sidecar polls
the files for new reports as usual; it does not learn early that the trainer has ended.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import threading
import time
from pathlib import Path

# From Linux' inotify.h.
_MODIFY, _CLOSE_WRITE, _CREATE, _IS_DIRECTORY = 0x2, 0x8, 0x100, 0x40000000
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
_BUFFER = 64 * 1024
_HELD = 1.0  # minimum seconds between the first write and the close of a file that was kept open


class InotifyUnavailable(OSError):
    """There is no inotify on this system, or no instance left."""


class OpenFiles(threading.Thread):
    """Watches a folder, and those that are made below it.

    Args:
        folder: the folder.
        changed: notified after every change.

    Attributes:
        first_write: when a file was written to first (monotonic seconds), None before.

    Raises:
        InotifyUnavailable: nothing can be watched.
    """

    def __init__(self, folder: Path, changed: threading.Condition) -> None:
        super().__init__(name="open files", daemon=True)
        self.first_write: float | None = None
        self._changed = changed
        self._folders: dict[int, Path] = {}
        self._written: dict[Path, float] = {}
        self._let_go = False
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._open_inotify()
        self._watch(folder)

    @property
    def let_go(self) -> bool:
        """Whether a file was kept open for a while, and none still is."""
        return self._let_go and not self._written

    def run(self) -> None:
        """Watch the files until the process ends. Print a message and return if reading events fails."""
        while True:
            try:
                data = os.read(self._inotify, _BUFFER)
            except OSError as error:
                print(f"files are not watched: {error}", file=sys.stderr, flush=True)
                return
            with self._changed:
                self._record_events(data)
                self._changed.notify_all()

    def _open_inotify(self) -> int:
        """Open an inotify instance; return its file descriptor."""
        try:
            descriptor: int = self._libc.inotify_init1(os.O_CLOEXEC)
        except AttributeError:
            raise InotifyUnavailable(errno.ENOSYS, "this system has no inotify") from None
        if descriptor < 0:
            code = ctypes.get_errno()
            raise InotifyUnavailable(code, f"no inotify instance: {os.strerror(code)}")
        return descriptor

    def _watch(self, folder: Path) -> None:
        mask = _MODIFY | _CLOSE_WRITE | _CREATE
        watch = self._libc.inotify_add_watch(self._inotify, os.fsencode(folder), mask)
        if watch >= 0:
            self._folders[watch] = folder

    def _record_events(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, position)
            position += _EVENT.size
            name = os.fsdecode(data[position : position + length].rstrip(b"\0"))
            position += length
            self._note(self._folders.get(watch, Path()) / name, mask, time.monotonic())

    def _note(self, path: Path, mask: int, now: float) -> None:
        if mask & _CREATE and mask & _IS_DIRECTORY:
            self._watch(path)
        elif mask & _MODIFY:
            self.first_write = self.first_write or now
            self._written.setdefault(path, now)
        elif mask & _CLOSE_WRITE:
            written = self._written.pop(path, now)
            self._let_go = self._let_go or now - written >= _HELD
