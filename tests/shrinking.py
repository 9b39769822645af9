"""From a history that fails to the shortest part of it that still does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def shortest(items: Iterable[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Leave out whatever is not needed for the failure: large parts first, then one by one, until
    nothing more can go (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002:
    every single item that is left is needed).

    Args:
        fails: whether a history of these items fails; the whole one does.
    """
    kept = list(items)
    size = max(1, len(kept) // 2)
    while kept:
        tried = [kept[:n] + kept[n + size :] for n in range(0, len(kept), size)]
        smaller = next((rest for rest in tried if fails(rest)), None)
        if smaller is not None:
            kept = smaller
            size = max(1, min(size, len(kept) // 2))
        elif size > 1:
            size //= 2
        else:
            break
    return kept
