"""A thread for work on what tenants write, in which namespaces take turns.

Several threads would compute no faster: one at a time has the interpreter's lock. But the event loop
waits for each of them before it gets the lock back: 300 sweeps that were created at once held it up for
0.3 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from ..kube.fair_queue import FairQueue

P = ParamSpec("P")
T = TypeVar("T")


class FairThread:
    """Calls functions in a thread, one at a time.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._waiting = FairQueue()
        self._is_busy = False

    async def call(
        self, namespace: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function when it is the turn of its namespace.

        Args:
            namespace: whose work it is.
            function: what to call.
            *args: its positional arguments.
            **kwargs: its keyword arguments.

        Raises:
            Exception: what the function raised.
        """
        await self._turn(namespace)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        finally:
            self._admit_next()

    async def _turn(self, namespace: str) -> None:
        if not self._is_busy:
            self._is_busy = True
            return
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.push(namespace, admitted)
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self._admit_next()
            raise

    def _admit_next(self) -> None:
        while (namespace := self._waiting.next_flow(lambda _: True)) is not None:
            admitted = self._waiting.pop(namespace)
            if not admitted.done():  # its task may have been cancelled
                admitted.set_result(None)
                return
        self._is_busy = False
