"""Measures how long callbacks block the event loop, while everything else waits."""

from __future__ import annotations

import asyncio
from collections import deque

from . import metrics

_INTERVAL = 0.1  # seconds between two measurements
_WINDOW = 600  # measurements of which the longest is reported: a minute


async def monitor_loop() -> None:
    """Measure how late the loop wakes a sleeping task, until cancelled."""
    loop = asyncio.get_running_loop()
    delays: deque[float] = deque(maxlen=_WINDOW)
    while True:
        due = loop.time() + _INTERVAL
        await asyncio.sleep(_INTERVAL)
        delays.append(max(0.0, loop.time() - due))
        metrics.LOOP_DELAY_SECONDS.observe(delays[-1])
        metrics.LOOP_PAUSE.set(max(delays))
