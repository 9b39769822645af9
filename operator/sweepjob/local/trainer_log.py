"""The log of a trainer: a plain file for people, and lines with timestamps, as from the kubelet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ..timestamps import format_time
from .termination_message import termination_message

_SLOT = 10_000_000  # nanoseconds; lines of one slot get timestamps in their order
_CHUNK = 4 * 1024  # bytes between two yields to the event loop
_TAIL_BYTES = 64 * 1024  # bytes that the termination message is made from


@dataclass(frozen=True, slots=True)
class _Slot:
    """A part of the file that was written within 10 ms.

    Attributes:
        time: time of its first byte in nanoseconds since the epoch.
        start: offset of its first byte.
        line: offset of the start of the line that has the first byte.
    """

    time: int
    start: int
    line: int


class _TimestampWriter:
    """Prefixes the lines of consecutive chunks with timestamps.

    Attributes:
        ordinal: number of lines that began in the current slot.
        is_within_line: whether the last chunk ended within a line.
    """

    def __init__(self) -> None:
        self.ordinal = 0
        self.is_within_line = False

    def prefix_lines(self, chunk: bytes, when: int) -> bytes:
        """Return a chunk with a timestamp before each line that begins in it.

        Timestamps are unique, since readers identify lines by them.

        Args:
            chunk: the chunk.
            when: time of its slot in nanoseconds since the epoch.
        """
        written = []
        for line in _lines(chunk):
            if not self.is_within_line:
                seconds, fraction = divmod(when + self.ordinal, 10**9)
                stamp = format_time(seconds).removesuffix("Z")
                written.append(f"{stamp}.{fraction:09d}Z ".encode())
                self.ordinal += 1
            written.append(line)
            self.is_within_line = not line.endswith(b"\n")
        return b"".join(written)


def _lines(chunk: bytes) -> list[bytes]:
    """Split a chunk into lines that keep their line feeds; the last one may have none."""
    *ended, rest = chunk.split(b"\n")
    return [*(line + b"\n" for line in ended), *([rest] if rest else [])]


class TrainerLog:
    """The log of one trainer. Its memory does not grow with the size of the log.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._slots: list[_Slot] = []
        self._size = 0
        self._line = 0
        self._ended = False
        self._more = asyncio.Event()

    def append(self, data: bytes) -> None:
        """Write output of the trainer.

        Raises:
            OSError: it cannot be written, e.g. because the disk is full.
        """
        self._file.write(data)
        now = time.time_ns()
        if not self._slots or now >= self._slots[-1].time + _SLOT:
            self._slots.append(_Slot(now, self._size, self._line))
        if newline := data.rfind(b"\n") + 1:
            self._line = self._size + newline
        self._size += len(data)
        self._notify()

    def _notify(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self, after: float = 0.0) -> AsyncIterator[bytes]:
        """Yield lines with timestamps until the trainer has ended. A line's timestamp is always the same.

        Args:
            after: seconds since the epoch; earlier lines may be left out.
        """
        number = self._slot_at(after)
        position = self._slots[number].start if number < len(self._slots) else 0
        stamps = _TimestampWriter()
        with self._path.open("rb") as file:
            file.seek(position)
            while True:
                end = self._end_of(number)
                if position < end:
                    chunk = file.read(min(_CHUNK, end - position))
                    position += len(chunk)
                    yield stamps.prefix_lines(chunk, self._slots[number].time)
                    await asyncio.sleep(0)
                elif number + 1 < len(self._slots):
                    number += 1
                    stamps.ordinal = 0
                elif self._ended:
                    break
                else:
                    await self._more.wait()
        if stamps.is_within_line:
            yield b"\n"

    def _slot_at(self, after: float) -> int:
        """Return the last slot before a time that begins with the start of a line."""
        earlier = sum(slot.time < after * 1e9 for slot in self._slots)
        number = max(0, earlier - 1)
        while number and self._slots[number].line != self._slots[number].start:
            number -= 1
        return number

    def _end_of(self, number: int) -> int:
        following = number + 1
        return self._slots[following].start if following < len(self._slots) else self._size

    def tail(self) -> str:
        """Return the last lines, which usually explain a failure."""
        with self._path.open("rb") as file:
            file.seek(max(0, self._size - _TAIL_BYTES))
            return termination_message(file.read())

    async def wait_for_tail(self) -> bytes:
        """Return the end of the log once the trainer has ended."""
        while not self._ended:
            await self._more.wait()
        with self._path.open("rb") as file:
            file.seek(max(0, self._size - _TAIL_BYTES))
            return file.read()

    def close(self) -> None:
        """Close the file, and end the readers."""
        self._file.close()
        self._ended = True
        self._notify()
