"""How fast the operator asks: a limit of its own, the urgent first, and a pause when the API server asks
for one.
"""

from __future__ import annotations

import asyncio
import heapq
from enum import IntEnum
from itertools import count

_LONGEST_HOLD = 10.0  # seconds; a server that asks for more is asked again before


class Priority(IntEnum):
    """What waits for what, the first first."""

    DECISION = 0  # ends something, or frees a slot
    WORK = 1  # starts something, or sees what there is
    BOOKKEEPING = 2  # says how far something is; may be late
    COURTESY = 3  # events, which may as well be lost


class RequestRateLimiter:
    """A token bucket whose tokens go to the most urgent request that waits, then to the oldest.

    Args:
        rate: requests a second in the long run.
        burst: requests at once, after a pause.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens = self._burst
        self._counted = float("-inf")  # when the tokens were counted last
        self._held_until = float("-inf")
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, priority: Priority) -> None:
        """Wait until a request of this priority may be sent."""
        if not self._waiting and self._wait() <= 0.0:
            self._tokens -= 1.0
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), turn))
        self._arm()
        await turn

    def hold(self, seconds: float) -> None:
        """The API server has asked everybody to wait."""
        until = asyncio.get_running_loop().time() + min(seconds, _LONGEST_HOLD)
        self._held_until = max(self._held_until, until)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _wait(self) -> float:
        """Seconds until there is a token; counts them."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted) * self._rate
        self._tokens, self._counted = min(self._burst, self._tokens + earned), now
        # Rounding must not leave a wait that is too short for any clock.
        lacking = 0.0 if self._tokens > 1.0 - 1e-6 else (1.0 - self._tokens) / self._rate
        return max(lacking, self._held_until - now)

    def _arm(self) -> None:
        if self._timer is None and self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, self._wait()), self._release)

    def _release(self) -> None:
        self._timer = None
        while self._waiting and self._wait() <= 0.0:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # whoever waited may have been cancelled
                turn.set_result(None)
                self._tokens -= 1.0
        self._arm()
