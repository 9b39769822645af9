"""A queue in which flows take turns, as in the API server's Priority and Fairness."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable


class FairQueue:
    """Those who wait for their turn: flows take turns, and each flow keeps its order."""

    def __init__(self) -> None:
        self._flows: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def push(self, flow: str, admitted: asyncio.Future[None]) -> None:
        """Add one who waits.

        Args:
            flow: what it belongs to.
            admitted: whose result is set when its turn has come.
        """
        self._flows.setdefault(flow, deque()).append(admitted)

    def next_flow(self, is_allowed: Callable[[str], bool]) -> str | None:
        """Return the flow whose turn it is among those that are allowed; None where there is none."""
        return next(filter(is_allowed, self._flows), None)

    def pop(self, flow: str) -> asyncio.Future[None]:
        """Remove the first one of a flow, which then goes behind the others."""
        waiting = self._flows.pop(flow)
        admitted = waiting.popleft()
        if waiting:
            self._flows[flow] = waiting
        return admitted

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(map(len, self._flows.values()))

    def __bool__(self) -> bool:
        """Return whether any waits."""
        return bool(self._flows)
