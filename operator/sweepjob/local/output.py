"""The pipe that a trainer prints into, as a container has one, and its way into the log."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import termios
from collections.abc import Callable

from .log import Log

_CHUNK = 64 * 1024


class Output:
    """Moves what is printed into a log, until it is closed.

    Args:
        failed: called once when the log cannot be written; what is printed afterwards is dropped.
    """

    def __init__(self, log: Log, failed: Callable[[OSError], None]) -> None:
        self._log = log
        self._failed = failed
        self._is_lost = False
        self._read_end, self.write_end = os.pipe()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read_end, self._move, _CHUNK)

    def close_write_end(self) -> None:
        """Close it here; a trainer that was started has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def _move(self, count: int) -> int:
        """Move so many bytes at most; returns how many there were."""
        data = os.read(self._read_end, count)
        if not data:  # nobody is left who could write
            self._loop.remove_reader(self._read_end)
        elif not self._is_lost:
            try:
                self._log.append(data)
            except OSError as error:
                self._is_lost = True
                self._failed(error)
        return len(data)

    def close(self) -> None:
        """The trainer has ended: what it has printed is in the pipe. Whoever holds the pipe still can
        neither add to it nor delay the end.
        """
        self.close_write_end()
        left = self._waiting()
        while left > 0 and (moved := self._move(min(left, _CHUNK))):
            left -= moved
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)

    def _waiting(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self._read_end, termios.FIONREAD, count)
        return count[0]
