"""Draws numbers as a line of text.

Written by hand because rich has no sparkline and a further dependency is not worth 30 lines.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN = "_.-=+*#@"  # for encodings without block characters


Scale = tuple[float, float]
_CLIPPED = 0.02  # share of the values at either end that a common scale may cut off


def common_scale(series: Iterable[Sequence[float]]) -> Scale | None:
    """Return the scale for several sparklines of one table; None without finite values.

    A few extreme values, such as the first losses of a training, do not flatten all others: of many
    values the outermost two per cent are cut off.

    Args:
        series: the numbers of each sparkline.
    """
    every = sorted(v for values in series for v in values if math.isfinite(v))
    if not every:
        return None
    cut = int(len(every) * _CLIPPED)
    return every[cut], every[len(every) - 1 - cut]


def sparkline(
    values: Sequence[float],
    width: int,
    scale: Scale | None = None,
    *,
    plain: bool | None = None,
) -> str:
    """Return a line chart of at most ``width`` characters; values that are not finite are gaps.

    Args:
        values: the numbers.
        width: maximum number of characters. Of longer series the last value of each part is drawn.
        scale: the values of the lowest and the highest mark; None for the smallest and the largest value.
        plain: True for ASCII only; None to decide by the encoding of the standard output.
    """
    marks = _PLAIN if (not _supports_blocks() if plain is None else plain) else _BARS
    samples = _sample(values, width)
    finite = [value for value in samples if math.isfinite(value)]
    if not finite:
        return ""
    low, high = scale or (min(finite), max(finite))
    return "".join(_mark(value, low, high, marks) for value in samples)


def _mark(value: float, low: float, high: float, marks: str) -> str:
    if not math.isfinite(value):
        return " "
    # Halved first, since the difference of two large values may overflow.
    span = high / 2 - low / 2
    share = (value / 2 - low / 2) / span if span else 0.5
    return marks[min(len(marks) - 1, max(0, int(share * len(marks))))]


def _sample(values: Sequence[float], width: int) -> list[float]:
    """Return the last value of each of ``width`` equal parts."""
    count = len(values)
    if count <= width:
        return list(values)
    return [values[(n + 1) * count // width - 1] for n in range(width)]


def progress_bar(share: float, width: int, *, plain: bool | None = None) -> str:
    """Return a progress bar.

    Args:
        share: progress from 0 to 1.
        width: number of characters.
        plain: True for ASCII only; None to decide by the encoding of the standard output.
    """
    done = min(width, max(0, round(share * width)))
    full, empty = "#." if (not _supports_blocks() if plain is None else plain) else "█░"
    return full * done + empty * (width - done)


def _supports_blocks() -> bool:
    try:
        (_BARS + "█░").encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
