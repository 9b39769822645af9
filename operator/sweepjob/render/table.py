"""Rows in columns, and lines to the two streams."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from .escaping import visible, visible_in_line

_WIDEST = 120  # characters of one column


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one is not padded."""
    cells = [[visible_in_line(name) for name in head]]
    cells += [[_short(visible_in_line(cell)) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ("   ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def _short(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 3]}..."


def say(line: object = "") -> None:
    """A line of the result, harmless for a terminal."""
    sys.stdout.write(f"{visible(str(line))}\n")


def tell(line: object) -> None:
    """A line about the result, which is no part of it."""
    sys.stderr.write(f"{visible(str(line))}\n")
