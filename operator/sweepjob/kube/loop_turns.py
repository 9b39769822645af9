"""Lets other tasks of the event loop run during work on very many objects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

_SLICE = 0.005  # seconds of work after which other tasks run


class LoopTurns:
    """Divides the work of one task into slices."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin a slice: other tasks have run meanwhile."""
        self._until = time.monotonic() + _SLICE

    async def yield_when_due(self) -> bool:
        """Let other tasks run if this one has worked for a slice; return whether it has."""
        if time.monotonic() < self._until:
            return False
        await asyncio.sleep(0)
        self.restart()
        return True


async def run_in_turns(steps: Iterator[None]) -> None:
    """Do all steps of a work, and let other tasks run after each slice.

    Args:
        steps: does a part of the work whenever the next item is taken.
    """
    turns = LoopTurns()
    for _ in steps:
        await turns.yield_when_due()
