"""An event loop whose time passes only when nothing is left to do at the present moment."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
# So many seconds pass while a thread of ours computes.
_THOUGHT = 0.05


class Deadlock(Exception):
    """Everybody waits, and nothing is going to happen."""


class _Timeless(selectors.SelectSelector):
    """Never waits: a wait moves the loop's clock."""

    def __init__(self, passed: Callable[[float], None]) -> None:
        super().__init__()
        self._passed = passed

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found and timeout is None:
            raise Deadlock
        if not found and timeout:
            self._passed(timeout)
        return found


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Hours in milliseconds, the same way every time.

    Attributes:
        turns: how often it has gone round. Nothing of ours runs between two turns, so a state in
            which a process can be killed is a state between two turns.
        on_turn: called before each turn.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self.turns = 0
        self.on_turn: Callable[[], None] = lambda: None
        super().__init__(_Timeless(self._pass))

    def time(self) -> float:
        return self._now

    def spend(self, seconds: float) -> None:
        """Let time pass in which the loop does nothing else: the process computes, or does not run."""
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def run_in_executor(  # type: ignore[override] # of one thing at a time there is no other kind
        self, executor: object, function: Callable[..., T], *args: object
    ) -> asyncio.Future[T]:
        """What a thread does is done at once, and known a little later."""
        result: asyncio.Future[T] = self.create_future()
        done = function(*args)
        self.call_later(_THOUGHT, lambda: result.cancelled() or result.set_result(done))
        return result

    def _run_once(self) -> None:
        self.turns += 1
        self.on_turn()
        super()._run_once()  # type: ignore[misc] # not in the stubs, and all loops of asyncio have it


def virtual_loop() -> VirtualTimeLoop:
    """Return the running loop of a test with the marker ``virtual_time``."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    return loop
