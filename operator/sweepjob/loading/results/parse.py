"""Reads a text with results, whatever program wrote it. The text is foreign: it may hold anything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from .json_objects import parse_objects
from .result import MAX_FIELDS, MAX_RESULTS, ResultsError, ResultTable, Wanted, shown
from .table import parse_table

_KNOWN = (
    "sweepjob export (-o csv or -o json), Optuna's trials_dataframe().to_csv(), Katib's trials "
    "(kubectl get trials -o json), or a CSV table with a column for each parameter and metric"
)


def parse_results(text: str, wanted: Wanted) -> ResultTable:
    """Return the results in a text.

    Args:
        text: the text.
        wanted: what is looked for in it.

    Raises:
        ResultsError: the text is none of the known formats, or an entry cannot be read.
    """
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        raise ResultsError(f"is empty; known formats: {_KNOWN}")
    if start in "[{":
        table = parse_objects(_objects(text.removeprefix("\ufeff")), wanted)
    else:
        table = parse_table(_rows(text.removeprefix("\ufeff")), wanted)
    if not table.results:
        raise ResultsError(f"has no trial ({table.kind})")
    return table


def _objects(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the objects of a JSON list, of a Kubernetes list, or of JSON lines, with their places."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ResultsError("is nested too deeply") from None
    except ValueError as error:
        if text.lstrip().startswith("{") and "\n" in text.strip():
            yield from _lines(text)
            return
        raise ResultsError(f"is not JSON: {error}") from None
    listed = document.get("items", [document]) if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise ResultsError(f"items: {shown(listed)}: must be a list of trials")
    _check_count(len(listed))
    for position, found in enumerate(listed):
        yield f"[{position}]", found


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        _check_count(number)
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ResultsError(
                f"line {number}: {shown(line)}: is not a JSON object: {error}"
            ) from None


def _rows(text: str) -> Iterator[tuple[str, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            _check_count(reader.line_num)
            if len(row) > MAX_FIELDS:
                raise ResultsError(
                    f"line {reader.line_num}: has {len(row)} columns; at most {MAX_FIELDS} are read"
                )
            if any(cell.strip() for cell in row):
                yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise ResultsError(
            f"line {reader.line_num}: is not CSV: {error}; known formats: {_KNOWN}"
        ) from None


def _check_count(count: int) -> None:
    if count > MAX_RESULTS + 1:
        raise ResultsError(f"has more than {MAX_RESULTS} trials; leave out the worst ones")
