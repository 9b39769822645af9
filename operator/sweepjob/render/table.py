"""Prints lines to the standard streams, and formats tables as kubectl does.

``rich.table`` is not used: it truncates cells to the width of the terminal or, in a pipe, to 80 columns,
pads each line, and takes a second for 1,000 rows where this takes a hundredth.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from .escaping import escape_controls, escape_line
from .highlight import for_stream

_MAX_CELL_WIDTH = 120  # characters
_MIN_CELL_WIDTH = 16  # to which cells are cut before whole columns are left out
_MIN_SENTENCE = 30  # characters of a line of a wrapped cell
_GAP = "   "


def table_width(*, wide: bool = False) -> int | None:
    """Return the columns of the terminal; None where a table may have any width.

    Args:
        wide: the user asked for everything.
    """
    if wide or not sys.stdout.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def format_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int | None = None,
    expendable: Sequence[str] = (),
) -> str:
    """Return a table with left-aligned columns.

    Args:
        head: the column names.
        rows: the cells of each row. Control characters are escaped, and long cells are truncated.
        width: maximum number of characters of a line; None for any. Cells of the widest columns are cut;
            where that does not suffice, columns are left out, and a line says how many.
        expendable: names of the columns that are left out first, in this order; then the last ones.
    """
    cells = [[escape_line(name) for name in head]]
    cells += [[_truncate(escape_line(cell), _MAX_CELL_WIDTH) for cell in row] for row in rows]
    widths = {n: max(len(row[n]) for row in cells) for n in range(len(head))}
    if width is not None:
        order = [n for name in expendable for n, own in enumerate(head) if own == name]
        widths = _fit(widths, width, order)
    lines = (
        _GAP.join(_truncate(row[n], w).ljust(w) for n, w in widths.items()).rstrip()
        for row in cells
    )
    left_out = len(head) - len(widths)
    more = [f"({left_out} more column{'' if left_out == 1 else 's'}: --wide)"] if left_out else []
    return "\n".join([*lines, *more])


def format_wrapped(
    head: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None
) -> str:
    """Return a table whose last column has sentences, which are wrapped and never cut.

    Args:
        head: the column names.
        rows: the cells of each row.
        width: maximum number of characters of a line; None for any.
    """
    cells = [[escape_line(cell) for cell in row] for row in rows]
    others = [
        max(map(len, column)) for column in zip(head[:-1], *(r[:-1] for r in cells), strict=True)
    ]
    room = (
        None if width is None else max(_MIN_SENTENCE, width - sum(others) - len(_GAP) * len(others))
    )
    lines = [_GAP.join([*map(str.ljust, head[:-1], others), head[-1]])]
    for row in cells:
        first, *rest = [row[-1]] if room is None else wrap(row[-1], room) or [""]
        lines.append(_GAP.join([*map(str.ljust, row[:-1], others), first]).rstrip())
        indent = " " * (sum(others) + len(_GAP) * len(others))
        lines += [f"{indent}{line}" for line in rest]
    return "\n".join(lines)


def _fit(widths: Mapping[int, int], limit: int, expendable: Sequence[int]) -> dict[int, int]:
    """Return the columns that fit, and their widths; the first column is never cut."""
    kept, order = dict(widths), list(expendable)
    while len(kept) > 1:
        fitted = _cut(kept, limit)
        if _total(fitted) <= limit:
            return fitted
        kept.pop(order.pop(0) if order else max(kept))
    return kept


def _cut(widths: Mapping[int, int], limit: int) -> dict[int, int]:
    """Return widths that fit: the widest are reduced, as far as possible."""
    cut = dict(widths)
    while _total(cut) > limit:
        widest = max([*cut][1:], key=cut.__getitem__)
        if cut[widest] <= _MIN_CELL_WIDTH:
            break
        cut[widest] -= 1
    return cut


def _total(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + len(_GAP) * (len(widths) - 1)


def _truncate(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: max(0, width - 3)]}..."[:width]


def print_output(line: object = "", *, is_data: bool = False) -> None:
    """Print a line of the result to the standard output, with control characters escaped.

    Args:
        line: the line, or several.
        is_data: it is for programs, such as JSON, and gets no colours.
    """
    text = escape_controls(str(line))
    sys.stdout.write(f"{text if is_data else for_stream(text, sys.stdout)}\n")


def print_message(line: object) -> None:
    """Print a note, a warning or an error to the standard error, with control characters escaped."""
    text = escape_controls(str(line))
    sys.stderr.write(f"{for_stream(text, sys.stderr)}\n")
