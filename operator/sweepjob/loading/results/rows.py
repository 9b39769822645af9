"""Reads the rows of a table from a text: CSV, also as spreadsheets of other languages write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from .result import KNOWN_FORMATS, MAX_BYTES, MAX_FIELDS, ResultsError, check_count

_SEPARATORS = (",", ";", "\t")
_HINT = re.compile(r"sep=([,;|\t :])\s*")  # Excel's first line
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
Row = tuple[str, list[str]]


class TableRows:
    """The header and the rows of a table, with their places.

    Columns may be separated by semicolons or tabs; numbers then may have a comma in the place of the
    point, if none has a point.

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
            ResultsError: it is not CSV, has too many rows or columns, or commas that may be of thousands.
        """
        if self._separator == ",":
            yield from self._rows()
            return
        head, *others = [*self._rows()] or [("", [])]
        if self._has_decimal_commas(others):
            others = [(where, [self._with_point(cell) for cell in row]) for where, row in others]
        yield from (head, *others) if head[1] else ()

    def _rows(self) -> Iterator[Row]:
        """Yield the place and the cells of each row, as they are written."""
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
                    yield where, [cell.strip() for cell in row] if self._are_padded else row
        except csv.Error as error:
            where = f"line {self._first + reader.line_num}"
            raise ResultsError(
                f"{where}: is not CSV: {error}; known formats: {KNOWN_FORMATS}"
            ) from None

    def _has_decimal_commas(self, rows: list[Row]) -> bool:
        """Return whether the commas in numbers stand for points: no number of the table has a point.

        Raises:
            ResultsError: all commas may separate thousands.
        """
        cells = [(where, cell.strip()) for where, row in rows for cell in row]
        if any(_DECIMAL_POINT.fullmatch(cell) for _, cell in cells):
            return False
        with_comma = [(where, cell) for where, cell in cells if _is_with_comma(cell)]
        if with_comma and all(_THOUSANDS.fullmatch(cell) for _, cell in with_comma):
            where, cell = with_comma[0]
            raise ResultsError(
                f"{where}: '{cell[:40]}': its comma may separate thousands or stand for a decimal point; "
                "write numbers without thousands separators and with decimal points"
            )
        return bool(with_comma)

    def _with_point(self, cell: str) -> str:
        bare = cell.strip()
        if not _DECIMAL_COMMA.fullmatch(bare):
            return cell
        point = bare.replace(",", ".")
        self.note = self.note or f"commas are read as decimal points: {bare} is {point}"
        return point


def _is_with_comma(cell: str) -> bool:
    return bool(_DECIMAL_COMMA.fullmatch(cell) or _THOUSANDS.fullmatch(cell))


def _separator_of(head: str) -> str:
    """Return what separates the columns of a header."""

    def columns(separator: str) -> int:
        try:
            return len(next(csv.reader([head], delimiter=separator), []))
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=columns)  # the first one of those with as many columns
