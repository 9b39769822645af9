"""How long the event loop is held at a time: everything else waits meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque

from . import metrics

_INTERVAL = 0.1  # seconds between two looks
_WINDOW = 600  # looks that the longest pause is of: a minute


async def monitor_loop() -> None:
    """Measure for ever how much later than asked for the loop comes back."""
    loop = asyncio.get_running_loop()
    delays: deque[float] = deque(maxlen=_WINDOW)
    while True:
        due = loop.time() + _INTERVAL
        await asyncio.sleep(_INTERVAL)
        delays.append(max(0.0, loop.time() - due))
        metrics.LOOP_DELAY_SECONDS.observe(delays[-1])
        metrics.LOOP_PAUSE.set(max(delays))
