"""What a trainer prints: a file for people, and lines with their times, as the kubelet gives them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

from ..resources.times import format_time

_LAST = 20  # lines
_WORDS = 300  # characters of its end that explain a failure


class Log:
    """The log of one trainer.

    Args:
        path: of the file.
        followed: all lines are kept for whoever follows, not only the last ones.
    """

    def __init__(self, path: Path, *, followed: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._lines: deque[bytes] = deque(maxlen=None if followed else _LAST)
        self._last = 0
        self._ended = False
        self._more = asyncio.Event()

    async def write(self, output: asyncio.StreamReader) -> None:
        """Until the output ends."""
        rest = b""
        while chunk := await output.read(65536):
            self._file.write(chunk)
            self._file.flush()
            *lines, rest = (rest + chunk).split(b"\n")
            self._keep(lines)
        self._keep([rest] if rest else [])

    def _keep(self, lines: list[bytes]) -> None:
        for line in lines:
            # A line is known by its time: no two have the same.
            self._last = max(time.time_ns(), self._last + 1)
            seconds, fraction = divmod(self._last, 10**9)
            stamp = format_time(seconds).removesuffix("Z")
            self._lines.append(f"{stamp}.{fraction:09d}Z ".encode() + line + b"\n")
        self._announce()

    def _announce(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self) -> AsyncIterator[bytes]:
        """Every line with its time, from the first to the trainer's end."""
        position = 0
        while True:
            for line in list(islice(self._lines, position, None)):
                position += 1
                yield line
            if self._ended and position == len(self._lines):
                return
            if position == len(self._lines):
                await self._more.wait()

    def end(self) -> str:
        """The last words, which explain a failure as a rule."""
        text = b"".join(line.split(b" ", 1)[1] for line in list(self._lines)[-_LAST:])
        return text.decode(errors="replace").strip()[-_WORDS:]

    def close(self) -> None:
        """There will be no more."""
        self._file.close()
        self._ended = True
        self._announce()
