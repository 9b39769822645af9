"""Keys to be worked on: each at most once in the queue, and once at a time."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from .errors import ApiError, NotPermitted, Unavailable

_log = logging.getLogger(__name__)
_BACKOFF = (0.05, 30.0)  # seconds, first and longest
K = TypeVar("K")


class WorkQueue(Generic[K]):
    """Runs ``work`` for keys that were added; a key added while it is worked on runs once more. Keys do
    not wait for one another, however long one takes.

    ``work`` returns the seconds after which it wants to be called again, or None. When it raises,
    it is called again after a pause that doubles with every failure in a row.
    """

    def __init__(self, work: Callable[[K], Awaitable[float | None]]) -> None:
        self._work = work
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        # With its time: not every event loop's handle knows it.
        self._timers: dict[K, tuple[float, asyncio.Handle]] = {}
        self._failures: dict[K, int] = {}

    def add(self, key: K) -> None:
        self._cancel_timer(key)
        if key in self._active:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key later, unless it is added before; an earlier time already set stays."""
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
        return self._ready.qsize()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                key = await self._ready.get()
                self._waiting.discard(key)
                self._active.add(key)
                group.create_task(self._serve(key))

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer[1].cancel()

    async def _serve(self, key: K) -> None:
        try:
            again = await self._work(key)
            self._failures.pop(key, None)
        except Exception as error:  # noqa: BLE001 - one key's error must not end the others
            again = self._pause(key, error)
        self._active.discard(key)
        if key in self._again:
            self._again.discard(key)
            if key in self._failures:
                self.add_after(key, again or 0.0)
            else:
                self.add(key)
        elif again is not None:
            self.add_after(key, again)

    def _pause(self, key: K, error: Exception) -> float:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        first, longest = _BACKOFF
        pause: float = min(longest, first * 2 ** min(failures, 12)) * random.uniform(0.5, 1)
        if isinstance(error, Unavailable):
            pause = max(pause, error.retry_after)
        if isinstance(error, NotPermitted):
            _log.debug(
                "%s: %r; again in %.1f s", key, error, pause
            )  # said once, of all that lack it
        elif isinstance(error, ApiError):
            _log.warning("%s: %r; again in %.1f s", key, error, pause)
        else:
            # A mistake of ours, and to be seen as one, however well it goes the next time.
            _log.error("%s: again in %.1f s", key, pause, exc_info=failures in (1, 3))
        return pause
