"""What a trainer prints: a file for people, and lines with their times, as the kubelet gives them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ..api.times import format_time
from .log_text import last_lines

_SLOT = 10_000_000  # nanoseconds; lines that end within one are told apart by their order
_CHUNK = 4 * 1024  # bytes that are handled before others have their turn
_TAIL = 64 * 1024  # bytes of its end from which the last lines are made


@dataclass(frozen=True, slots=True)
class _Slot:
    """What was written in a moment.

    Attributes:
        time: of its first line; nanoseconds since the epoch.
        start: offset of its first byte.
        line: offset where the line begins that the first byte belongs to.
    """

    time: int
    start: int
    line: int


class _Stamps:
    """Puts a time before each line of what is read piece by piece.

    Attributes:
        ordinal: how many lines have begun in this slot.
        is_within_line: the line that came last goes on.
    """

    def __init__(self) -> None:
        self.ordinal = 0
        self.is_within_line = False

    def put_before_lines(self, chunk: bytes, when: int) -> bytes:
        """A piece with a time before each line that begins in it.

        Args:
            when: of its slot, nanoseconds since the epoch. No two lines have the same time: it is what a
                line is known by.
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
    """Its lines with their ends; the last one may have none."""
    *ended, rest = chunk.split(b"\n")
    return [*(line + b"\n" for line in ended), *([rest] if rest else [])]


class Log:
    """The log of one trainer. Only the file grows with what is printed.

    Args:
        path: of the file.
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
        """Write what was printed.

        Raises:
            OSError: there is no room for it.
        """
        self._file.write(data)
        now = time.time_ns()
        if not self._slots or now >= self._slots[-1].time + _SLOT:
            self._slots.append(_Slot(now, self._size, self._line))
        if newline := data.rfind(b"\n") + 1:
            self._line = self._size + newline
        self._size += len(data)
        self._announce()

    def _announce(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self, after: float = 0.0) -> AsyncIterator[bytes]:
        """Every line with its time in front, as it is written; each call gives the same.

        Args:
            after: seconds since the epoch; older lines may be left out.
        """
        number = self._slot_at(after)
        position = self._slots[number].start if number < len(self._slots) else 0
        stamps = _Stamps()
        with self._path.open("rb") as file:
            file.seek(position)
            while True:
                end = self._end_of(number)
                if position < end:
                    chunk = file.read(min(_CHUNK, end - position))
                    position += len(chunk)
                    yield stamps.put_before_lines(chunk, self._slots[number].time)
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
        """The newest slot that begins before a time, with a line: lines are known by their slots."""
        earlier = sum(slot.time < after * 1e9 for slot in self._slots)
        number = max(0, earlier - 1)
        while number and self._slots[number].line != self._slots[number].start:
            number -= 1
        return number

    def _end_of(self, number: int) -> int:
        following = number + 1
        return self._slots[following].start if following < len(self._slots) else self._size

    def last_lines(self) -> str:
        """The end of what was printed, which explains a failure as a rule."""
        with self._path.open("rb") as file:
            file.seek(max(0, self._size - _TAIL))
            return last_lines(file.read())

    def close(self) -> None:
        """There will be no more."""
        self._file.close()
        self._ended = True
        self._announce()
