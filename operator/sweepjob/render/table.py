"""Prints lines to the standard streams, and formats tables as kubectl does.

``rich.table`` is not used: it truncates cells to the width of the terminal or, in a pipe, to 80 columns,
pads each line, and takes a second for 1,000 rows where this takes a hundredth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from .escaping import escape_controls, escape_line

_MAX_CELL_WIDTH = 120  # characters


def format_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with left-aligned columns.

    Args:
        head: the column names.
        rows: the cells of each row. Control characters are escaped, and long cells are truncated.
    """
    cells = [[escape_line(name) for name in head]]
    cells += [[_truncate(escape_line(cell)) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ("   ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def _truncate(cell: str) -> str:
    return cell if len(cell) <= _MAX_CELL_WIDTH else f"{cell[: _MAX_CELL_WIDTH - 3]}..."


def print_output(line: object = "") -> None:
    """Print a line of the result to the standard output, with control characters escaped."""
    sys.stdout.write(f"{escape_controls(str(line))}\n")


def print_message(line: object) -> None:
    """Print a note, a warning or an error to the standard error, with control characters escaped."""
    sys.stderr.write(f"{escape_controls(str(line))}\n")
