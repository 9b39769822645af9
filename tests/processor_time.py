"""Limits on processor time, in seconds of the machine on which the limits were set.

A slower machine has proportionally more. Other processes cost time, too, since they share the caches: the
best of several tries counts.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

_REFERENCE_SECONDS = 0.004  # what _reference takes where the limits were set
TRIES = 3  # of a call that takes too long
_TEXT = "".join(f"step {n} loss={n / 7:.4f} " for n in range(400))
_NUMBER = re.compile(r"(\w+)=(\d+\.\d+)")


def assert_within(limit: float, call: Callable[[], object], what: object = "") -> None:
    """Assert that a call takes less processor time than a limit.

    Args:
        limit: in seconds of the machine on which the limits were set.
        call: what to call; it is called again when it took too long.
        what: what is said of a call that takes too long.
    """
    spent, allowed = list[float](), limit
    for _ in range(TRIES):
        spent.append(seconds_of(call))
        if spent[-1] < limit:
            return
        allowed = limit * _slowdown()
        if spent[-1] < allowed:
            return
    raise AssertionError(f"{min(spent):.3f} s instead of {allowed:.3f} s: {what}")


def best_of(tries: int, call: Callable[[], object]) -> float:
    """Return the least processor time that a call takes, in seconds of this machine.

    Args:
        tries: how often to call it.
        call: what to call.
    """
    return min(seconds_of(call) for _ in range(tries))


def seconds_of(call: Callable[[], object]) -> float:
    """Return the processor time of one call in this thread, in seconds of this machine."""
    before = time.thread_time()
    call()
    return time.thread_time() - before


def _slowdown() -> float:
    """Return how much slower this machine is at the moment than the one of the limits; at least 1."""
    return max(1.0, seconds_of(_reference) / _REFERENCE_SECONDS)


def _reference() -> None:
    total = sum(float(value) + len(name) for name, value in _NUMBER.findall(_TEXT))
    kept = {}
    for n in range(4000):
        kept[f"k{n}"] = n
        total += n % 7
    json.loads(json.dumps(kept))
