"""Client-side rate limit of API requests: client-go's QPS and burst, with priorities and flows."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator
from enum import IntEnum

from .fair_queue import FairQueue

# Requests without an answer at a time: fewer than the transport has connections, for which requests would
# wait in the order of their arrival.
CONCURRENT_REQUESTS = 48
_SHARE = 0.5  # of them, for one flow
_LONGEST_PAUSE = 10.0  # seconds; a server that asks for more is asked again earlier


class Priority(IntEnum):
    """The order of waiting requests: lower values go first."""

    URGENT = 0  # stops or deletes something, or frees a slot
    NORMAL = 1  # creates or reads something
    LOW = 2  # writes progress, which may be late
    BEST_EFFORT = 3  # Kubernetes events, which may be lost


class RequestRateLimiter:
    """A token bucket whose tokens go to the requests of the highest priority, whose flows take turns.

    A flow is what is served fairly, as in the API server's Priority and Fairness: here a namespace.
    However many requests one namespace causes, a request of another waits for at most one of them.

    An API server that answers slowly gets no more than ``concurrent`` requests at a time, of which a flow
    has half at most: then the others, too, wait here and in turn, and no slow webhook holds them all.

    Args:
        rate: requests per second in the long run (QPS).
        burst: requests at once after a pause.
        concurrent: requests without an answer at a time.
    """

    def __init__(self, rate: float, burst: int, concurrent: float = math.inf) -> None:
        self._rate, self._burst = rate, float(burst)
        self._concurrent = concurrent
        self._sent: Counter[str] = Counter()  # requests without an answer, by flow
        self._tokens = self._burst
        self._updated = float("-inf")  # loop time at which the tokens were computed
        self._paused_until = float("-inf")
        self._queues = {priority: FairQueue() for priority in Priority}
        self._timer: asyncio.TimerHandle | None = None

    @contextlib.asynccontextmanager
    async def turn(self, priority: Priority, flow: str = "") -> AsyncIterator[None]:
        """Wait until a request may be sent; the body sends it and waits for the answer.

        Args:
            priority: the request's.
            flow: the namespace that the request belongs to; empty for the cluster's.
        """
        await self.acquire(priority, flow)
        try:
            yield
        finally:
            self._release(flow)

    async def acquire(self, priority: Priority, flow: str = "") -> None:
        """Wait until a request may be sent. It counts as one without an answer; see ``turn``.

        Args:
            priority: the request's.
            flow: the namespace that the request belongs to; empty for the cluster's.
        """
        if self._next() is None and self._may_send(flow) and self._delay() <= 0.0:
            self._count(flow)
            return
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues[priority].push(flow, admitted)
        self._schedule()
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self._release(flow)  # it was admitted, and will not be sent
            raise

    def pause(self, seconds: float) -> None:
        """Send nothing for some seconds, as the API server asks with Retry-After."""
        until = asyncio.get_running_loop().time() + min(seconds, _LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, until)

    @property
    def waiting(self) -> int:
        """The number of waiting requests."""
        return sum(map(len, self._queues.values()))

    def _next(self) -> tuple[FairQueue, str] | None:
        """Return the queue and the flow of the next request; None where none may be sent."""
        for queue in self._queues.values():
            flow = queue.next_flow(self._may_send)
            if flow is not None:
                return queue, flow
        return None

    def _may_send(self, flow: str) -> bool:
        is_free = self._sent.total() < self._concurrent
        return is_free and self._sent[flow] < self._concurrent * _SHARE

    def _count(self, flow: str) -> None:
        self._tokens -= 1.0
        self._sent[flow] += 1

    def _release(self, flow: str) -> None:
        self._sent[flow] -= 1
        if self._sent[flow] <= 0:
            del self._sent[flow]
        self._schedule()

    def _delay(self) -> float:
        """Return seconds until there is a token; add the tokens of the time since the last call."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._updated) * self._rate
        self._tokens, self._updated = min(self._burst, self._tokens + earned), now
        # Rounding must not leave a wait that is too short for any clock.
        missing = 0.0 if self._tokens > 1.0 - 1e-6 else (1.0 - self._tokens) / self._rate
        return max(missing, self._paused_until - now)

    def _schedule(self) -> None:
        if self._timer is None and self._next() is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._delay()), self._admit)

    def _admit(self) -> None:
        self._timer = None
        while (found := self._next()) is not None and self._delay() <= 0.0:
            queue, flow = found
            admitted = queue.pop(flow)
            if not admitted.done():  # its task may have been cancelled
                admitted.set_result(None)
                self._count(flow)
        self._schedule()
