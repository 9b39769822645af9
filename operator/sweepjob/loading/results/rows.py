"""Reads the rows of a table from a text: CSV, also as spreadsheets of other languages write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from .result import KNOWN_FORMATS, MAX_BYTES, MAX_FIELDS, ResultsError, check_count

_SEPARATORS = (",", ";", "\t")
_HINT = re.compile(r"sep=(.)\s*")  # Excel's first line
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*")
Row = tuple[str, list[str]]


class TableRows:
    """The header and the rows of a table, with their places.

    Without a comma in the header, columns may be separated by semicolons or tabs; numbers then may have a
    comma in the place of the point.

    Args:
        text: the text.

    Attributes:
        note: what is to be said of how it was read; empty where there is nothing. Known at the end.
    """

    def __init__(self, text: str) -> None:
        self.note = ""
        lines = list(io.StringIO(text if "\n" in text else text.replace("\r", "\n")))
        filled = (number for number, line in enumerate(lines) if line.strip())
        self._first = next(filled, 0)
        head = lines[self._first] if lines else ""
        hint = _HINT.fullmatch(head)
        self._separator = hint[1] if hint else _separator_of(head)
        self._lines = lines[self._first + 1 :] if hint else lines[self._first :]
        self._first += bool(hint)
        self._are_padded = False

    def __iter__(self) -> Iterator[Row]:
        """Yield the place and the cells of each row.

        Raises:
            ResultsError: it is not CSV, or has too many rows or columns.
        """
        csv.field_size_limit(max(csv.field_size_limit(), MAX_BYTES))
        reader = csv.reader(self._lines, strict=True, delimiter=self._separator)
        count = 0
        try:
            for row in reader:
                where = f"line {self._first + reader.line_num}"
                if len(row) > MAX_FIELDS:
                    raise ResultsError(
                        f"{where}: has {len(row)} columns; at most {MAX_FIELDS} are read"
                    )
                if any(cell.strip() for cell in row):
                    # Names with spaces around them: somebody has written spaces behind the commas.
                    self._are_padded |= not count and any(cell != cell.strip() for cell in row)
                    check_count(count)
                    count += 1
                    yield where, [self._cell(cell) for cell in row]
        except csv.Error as error:
            where = f"line {self._first + reader.line_num}"
            raise ResultsError(
                f"{where}: is not CSV: {error}; known formats: {KNOWN_FORMATS}"
            ) from None

    def _cell(self, cell: str) -> str:
        if self._separator != "," and _DECIMAL_COMMA.fullmatch(cell):
            point = cell.strip().replace(",", ".")
            self.note = self.note or f"commas are read as decimal points: {cell.strip()} is {point}"
            return point
        return cell.strip() if self._are_padded else cell


def _separator_of(head: str) -> str:
    """Return what separates the columns of a header."""

    def columns(separator: str) -> int:
        try:
            return len(next(csv.reader([head], delimiter=separator), []))
        except csv.Error:
            return 0

    several = (separator for separator in _SEPARATORS if columns(separator) > 1)
    return next(several, ",")
