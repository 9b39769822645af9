"""A rate-limited work queue, as client-go's.

Each key is queued at most once, and processed by one task at a time. Written by hand: no library has one
for asyncio, and kopf's queues hold events of one object instead of keys.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from .errors import ApiError, NotPermitted, Unavailable

_log = logging.getLogger(__name__)
_BACKOFF = (0.05, 30.0)  # seconds, the first and the longest
K = TypeVar("K")


class WorkQueue(Generic[K]):
    """Calls a function for keys that were added.

    A key that is added while it is processed is processed once more. Keys do not wait for one another,
    however long one takes.

    Args:
        process: called with a key; returns the seconds after which to call it again, or None. When it
            raises, it is called again after a pause that doubles with each failure in a row.
    """

    def __init__(self, process: Callable[[K], Awaitable[float | None]]) -> None:
        self._process = process
        self._queue: asyncio.Queue[K] = asyncio.Queue()
        self._queued: set[K] = set()
        self._processing: set[K] = set()
        self._dirty: set[K] = set()  # added while they are processed
        # With their times, which not every event loop's handle has.
        self._timers: dict[K, tuple[float, asyncio.Handle]] = {}
        self._failures: dict[K, int] = {}

    def add(self, key: K) -> None:
        """Have a key processed now."""
        self._cancel_timer(key)
        if key in self._processing:
            self._dirty.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._queue.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add a key after a delay, unless it is added before; an earlier time that is set is kept."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if key in self._timers and self._timers[key][0] <= when:
            return
        self._cancel_timer(key)
        self._timers[key] = when, loop.call_at(when, self.add, key)

    @property
    def depth(self) -> int:
        """The number of keys that wait to be processed."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Process keys until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                key = await self._queue.get()
                self._queued.discard(key)
                self._processing.add(key)
                group.create_task(self._process_and_finish(key))

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer[1].cancel()

    async def _process_and_finish(self, key: K) -> None:
        try:
            requeue_after = await self._process(key)
            self._failures.pop(key, None)
        except Exception as error:  # noqa: BLE001 - one key's error must not end the others
            requeue_after = self._backoff(key, error)
        self._processing.discard(key)
        if key in self._dirty:
            self._dirty.discard(key)
            if key in self._failures:
                self.add_after(key, requeue_after or 0.0)
            else:
                self.add(key)
        elif requeue_after is not None:
            self.add_after(key, requeue_after)

    def _backoff(self, key: K, error: Exception) -> float:
        """Count and log a failure; return the seconds until the next try."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        first, longest = _BACKOFF
        pause: float = min(longest, first * 2 ** min(failures, 12)) * random.uniform(0.5, 1)
        if isinstance(error, Unavailable):
            pause = max(pause, error.retry_after)
        if isinstance(error, NotPermitted):
            # The review of the permissions logs it once for all keys.
            _log.debug("%s: %r; again in %.1f s", key, error, pause)
        elif isinstance(error, ApiError):
            _log.warning("%s: %r; again in %.1f s", key, error, pause)
        else:
            # A defect of the operator: logged as an error, even if the next try succeeds.
            _log.error("%s: again in %.1f s", key, pause, exc_info=failures in (1, 3))
        return pause
