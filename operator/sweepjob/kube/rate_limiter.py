"""Client-side rate limit of API requests: client-go's QPS and burst, with priorities and pauses."""

from __future__ import annotations

import asyncio
import heapq
from enum import IntEnum
from itertools import count

_LONGEST_PAUSE = 10.0  # seconds; a server that asks for more is asked again earlier


class Priority(IntEnum):
    """The order of waiting requests: lower values go first."""

    URGENT = 0  # stops or deletes something, or frees a slot
    NORMAL = 1  # creates or reads something
    LOW = 2  # writes progress, which may be late
    BEST_EFFORT = 3  # Kubernetes events, which may be lost


class RequestRateLimiter:
    """A token bucket whose tokens go to the request of the highest priority, then to the oldest.

    Args:
        rate: requests per second in the long run (QPS).
        burst: requests at once after a pause.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens = self._burst
        self._updated = float("-inf")  # loop time at which the tokens were computed
        self._paused_until = float("-inf")
        self._queue: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._sequence = count()
        self._timer: asyncio.TimerHandle | None = None

    async def acquire(self, priority: Priority) -> None:
        """Wait until a request of this priority may be sent."""
        if not self._queue and self._delay() <= 0.0:
            self._tokens -= 1.0
            return
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._sequence), admitted))
        self._schedule()
        await admitted

    def pause(self, seconds: float) -> None:
        """Send nothing for some seconds, as the API server asks with Retry-After."""
        until = asyncio.get_running_loop().time() + min(seconds, _LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, until)

    @property
    def waiting(self) -> int:
        """The number of waiting requests."""
        return len(self._queue)

    def _delay(self) -> float:
        """Return seconds until there is a token; add the tokens of the time since the last call."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._updated) * self._rate
        self._tokens, self._updated = min(self._burst, self._tokens + earned), now
        # Rounding must not leave a wait that is too short for any clock.
        missing = 0.0 if self._tokens > 1.0 - 1e-6 else (1.0 - self._tokens) / self._rate
        return max(missing, self._paused_until - now)

    def _schedule(self) -> None:
        if self._timer is None and self._queue:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._delay()), self._admit)

    def _admit(self) -> None:
        self._timer = None
        while self._queue and self._delay() <= 0.0:
            _, _, admitted = heapq.heappop(self._queue)
            if not admitted.done():  # its task may have been cancelled
                admitted.set_result(None)
                self._tokens -= 1.0
        self._schedule()
