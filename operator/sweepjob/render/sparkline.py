"""Numbers as a line of text."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN = "_.-=+*#@"  # for terminals that cannot show the others


def sparkline(values: Sequence[float], width: int, *, plain: bool | None = None) -> str:
    """At most ``width`` characters, the last value last; what is not finite is a gap.

    Args:
        plain: ASCII only; None for what the standard output can show.
    """
    marks = _PLAIN if (not _can_show() if plain is None else plain) else _BARS
    shown = _thinned(values, width)
    finite = [value for value in shown if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    return "".join(_mark(value, low, high, marks) for value in shown)


def _mark(value: float, low: float, high: float, marks: str) -> str:
    if not math.isfinite(value):
        return " "
    # Halved first: the difference of two large values may overflow.
    span = high / 2 - low / 2
    share = (value / 2 - low / 2) / span if span else 0.5
    return marks[min(len(marks) - 1, int(share * len(marks)))]


def _thinned(values: Sequence[float], width: int) -> list[float]:
    """The last value of each of ``width`` equal parts."""
    count = len(values)
    if count <= width:
        return list(values)
    return [values[(n + 1) * count // width - 1] for n in range(width)]


def bar(share: float, width: int, *, plain: bool | None = None) -> str:
    """A progress bar, ``share`` from 0 to 1."""
    done = min(width, max(0, round(share * width)))
    full, empty = "#." if (not _can_show() if plain is None else plain) else "█░"
    return full * done + empty * (width - done)


def _can_show() -> bool:
    try:
        (_BARS + "█░").encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
