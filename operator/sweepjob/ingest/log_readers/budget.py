"""Budgets for reading logs: lines and bytes of each stream, and a share of the event loop's time.

A stream that has used up its budget is not read for a while. The API server and the kubelet then wait,
and nothing is lost unless the kubelet rotates the log twice.
"""

from __future__ import annotations

import asyncio

from ...kube.token_bucket import TokenBucket
from ...log_parsing.limits import LogLimits

# Seconds for which all streams together may block the event loop at a time.
_SLICE = 0.002
# The maximum time charged for a line, and for each of its bytes, in seconds, unless the processor worked
# for longer. Where the process waited for a core, the measured time is longer than the cost.
_LINE_COST, _BYTE_COST = 0.0002, 0.0000001
_RESUME_AFTER = 0.05  # seconds' worth of its budget that a stream waits for


class LoopShare:
    """A share of the event loop's time, which streams use in turn, a slice each.

    Args:
        share: the share of the time, between 0 and 1.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._turns = asyncio.Lock()  # first come, first served
        self._bucket: TokenBucket | None = None

    @property
    def bucket(self) -> TokenBucket:
        """Seconds of the event loop's time."""
        if self._bucket is None:  # the object is created before the loop runs
            now = asyncio.get_running_loop().time()
            self._bucket = TokenBucket(self._share, _SLICE, _SLICE, now)
        return self._bucket

    async def acquire(self) -> None:
        """Wait for a slice."""
        async with self._turns:
            await _refilled(self.bucket)


class StreamBudget:
    """The budget of one stream.

    Args:
        limits: the limits on lines and bytes.
        share: the share of the event loop's time, common to all streams.
    """

    def __init__(self, limits: LogLimits, share: LoopShare) -> None:
        now, saved = asyncio.get_running_loop().time(), limits.saved
        self._share = share
        self._time = share.bucket
        self._lines = TokenBucket(
            limits.lines, limits.lines * saved, limits.lines * _RESUME_AFTER, now
        )
        self._size = TokenBucket(limits.size, limits.size * saved, limits.size * _RESUME_AFTER, now)

    def consume(self, size: int, seconds: float, worked: float, *, skipped: bool) -> bool:
        """Charge a line; returns whether the stream has to wait before the next one.

        Args:
            size: the size of the line, in characters.
            seconds: how long it blocked the event loop, in seconds.
            worked: how long the processor worked on it, in seconds.
            skipped: the line was not parsed, which costs time only.
        """
        if not skipped:
            self._lines.consume(1.0)
            self._size.consume(size)
        self._time.consume(min(seconds, max(worked, _LINE_COST + _BYTE_COST * size)))
        return self._time.is_overdrawn or self._lines.is_overdrawn or self._size.is_overdrawn

    async def wait(self) -> float:
        """Wait until the stream may be read again; return for how long, in seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await _refilled(self._lines)
        await _refilled(self._size)
        await self._share.acquire()
        return loop.time() - began


async def _refilled(bucket: TokenBucket) -> None:
    loop = asyncio.get_running_loop()
    while (seconds := bucket.delay(loop.time())) > 0.0:  # noqa: ASYNC110 - time alone fills it
        await asyncio.sleep(seconds)
