"""Lets other tasks of the event loop run during work on very many objects."""

from __future__ import annotations

import asyncio
import time

_SLICE = 0.005  # seconds of work after which other tasks run


class LoopTurns:
    """Divides the work of one task into slices."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _SLICE

    async def yield_when_due(self) -> None:
        """Let other tasks run if this one has worked for a slice."""
        if time.monotonic() >= self._until:
            await asyncio.sleep(0)
            self._until = time.monotonic() + _SLICE
