"""How much of the operator the reading of logs may take: of each stream so many lines and bytes, of the
event loop a share of its time for all streams together.

A stream that has spent its budget is not read from meanwhile. So the API server and the kubelet wait, and
nothing is lost, as long as the kubelet does not rotate the log away twice.
"""

from __future__ import annotations

import asyncio

from ...kube.token_bucket import TokenBucket
from ...pod_logs.limits import LogLimits

# Seconds that logs hold the event loop at once, all streams together.
_SLICE = 0.002
# Seconds that a line and each of its bytes are charged at most. A process that had to wait for a core
# meanwhile, or had something to load first, seems to have taken longer.
_LINE_COST, _BYTE_COST = 0.0002, 0.0000001
_PORTION = 0.05  # seconds' worth of its budget that a stream waits for


class LoopShare:
    """A share of the event loop's time, whose slices streams take turns for.

    Args:
        share: between 0 and 1.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._turns = asyncio.Lock()  # its waiters come in their order
        self._bucket: TokenBucket | None = None

    @property
    def bucket(self) -> TokenBucket:
        if self._bucket is None:  # made before its loop runs
            now = asyncio.get_running_loop().time()
            self._bucket = TokenBucket(self._share, _SLICE, _SLICE, now)
        return self._bucket

    async def turn(self) -> None:
        """Wait for a slice."""
        async with self._turns:
            await _refilled(self.bucket)


class StreamBudget:
    """The budget of one stream."""

    def __init__(self, limits: LogLimits, share: LoopShare) -> None:
        now, saved = asyncio.get_running_loop().time(), limits.saved
        self._share = share
        self._time = share.bucket
        self._lines = TokenBucket(limits.lines, limits.lines * saved, limits.lines * _PORTION, now)
        self._size = TokenBucket(limits.size, limits.size * saved, limits.size * _PORTION, now)

    def spend(self, size: int, seconds: float, *, skipped: bool) -> bool:
        """Account for a line; whether the stream has to wait before the next one.

        Args:
            size: of the line.
            seconds: that the event loop was held for it.
            skipped: it was not looked at, which costs time only.
        """
        if not skipped:
            self._lines.spend(1.0)
            self._size.spend(size)
        self._time.spend(min(seconds, _LINE_COST + _BYTE_COST * size))
        return self._time.is_overdrawn or self._lines.is_overdrawn or self._size.is_overdrawn

    async def wait(self) -> float:
        """Wait until the stream may be read from again; returns for how long, in seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await _refilled(self._lines)
        await _refilled(self._size)
        await self._share.turn()
        return loop.time() - began


async def _refilled(bucket: TokenBucket) -> None:
    loop = asyncio.get_running_loop()
    while (seconds := bucket.wait(loop.time())) > 0.0:  # noqa: ASYNC110 - time alone fills it
        await asyncio.sleep(seconds)
