"""Rows in columns, and lines to the two streams."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

_WIDEST = 120  # characters of one column


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one is not padded."""
    cells = [head, *([_short(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ("   ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def _short(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 3]}..."


def say(line: object = "") -> None:
    """A line of the result."""
    sys.stdout.write(f"{line}\n")


def tell(line: object) -> None:
    """A line about the result, which is no part of it."""
    sys.stderr.write(f"{line}\n")
