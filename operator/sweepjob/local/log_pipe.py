"""The pipe between a trainer and its log."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import termios
from collections.abc import Callable

from .trainer_log import TrainerLog

_CHUNK = 64 * 1024


class OutputPipe:
    """Copies the output of a trainer from a pipe to its log.

    Args:
        log: the log.
        failed: called once if the log cannot be written; later output is dropped.
    """

    def __init__(self, log: TrainerLog, failed: Callable[[OSError], None]) -> None:
        self._log = log
        self._failed = failed
        self._has_failed = False
        self._read_end, self.write_end = os.pipe()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._copy, _CHUNK)

    def close_write_end(self) -> None:
        """Close the write end in this process; the trainer has inherited its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def _copy(self, count: int) -> int:
        """Copy at most ``count`` bytes, and return their number."""
        data = os.read(self._read_end, count)
        if not data:  # all write ends are closed
            self._loop.remove_reader(self._read_end)
        elif not self._has_failed:
            try:
                self._log.append(data)
            except OSError as error:
                self._has_failed = True
                self._failed(error)
        return len(data)

    def close(self) -> None:
        """Copy the rest of the output after the trainer has ended, and close the pipe.

        Processes that still have the pipe open can neither add output nor delay this.
        """
        self.close_write_end()
        remaining = self._unread_bytes()
        while remaining > 0 and (copied := self._copy(min(remaining, _CHUNK))):
            remaining -= copied
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)

    def _unread_bytes(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self._read_end, termios.FIONREAD, count)
        return count[0]
