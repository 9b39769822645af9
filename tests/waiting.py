"""Waiting for a state, as long as a busy machine needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_PATIENCE = 120.0  # seconds, which only a broken program takes
_INTERVAL = 0.01  # seconds


def wait_until(holds: Callable[[], object], what: str = "it has not happened") -> None:
    """Wait in a thread until a condition holds.

    Args:
        holds: the condition.
        what: what is said when it does not hold in time.
    """
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(_INTERVAL)


async def until(holds: Callable[[], object], what: str = "it has not happened") -> None:
    """Wait in a task until a condition holds.

    Args:
        holds: the condition.
        what: what is said when it does not hold in time.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            while not holds():  # noqa: ASYNC110 - a condition of any kind has no event
                await asyncio.sleep(_INTERVAL)
    except TimeoutError:
        raise AssertionError(what) from None
