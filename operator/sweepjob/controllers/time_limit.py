"""Limits the time of a call in the event loop's own thread."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class TimeLimitExceeded(Exception):
    """A call took longer than it may."""

    def __repr__(self) -> str:
        """Return the message, as users see it beside what plug-ins raise."""
        return str(self)


def call_within(seconds: float, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that must not take longer than some time.

    A timer's signal interrupts it, unless it is in C code that does not return to Python. Signals reach
    the main thread only, so in other threads, such as a notebook's sweep, there is no limit.

    Args:
        seconds: the longest time that the call may take.
        function: what to call.
        *args: its positional arguments.
        **kwargs: its keyword arguments.

    Raises:
        TimeLimitExceeded: the call took longer.
        Exception: what it raised.
    """
    if threading.current_thread() is not threading.main_thread():
        return function(*args, **kwargs)

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TimeLimitExceeded(f"it has not returned within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
