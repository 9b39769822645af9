"""Reads a text with results, whatever program wrote it. The text is foreign: it may hold anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .json_objects import parse_objects
from .pandas_json import rows_of
from .result import KNOWN_FORMATS, ResultsError, ResultTable, Wanted, check_count, shown
from .rows import TableRows
from .table import parse_table


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
        raise ResultsError(f"is empty; known formats: {KNOWN_FORMATS}")
    if start in "[{":
        table = parse_objects(_objects(text.removeprefix("\ufeff")), wanted)
    else:
        rows = TableRows(text.removeprefix("\ufeff"))
        table = replace(parse_table(iter(rows), wanted), note=rows.note)
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
    listed = document
    if isinstance(document, dict):
        listed = rows_of(document) or document.get("items", [document])
    if not isinstance(listed, list):
        raise ResultsError(f"items: {shown(listed)}: must be a list of trials")
    check_count(len(listed) - 1)
    for position, found in enumerate(listed):
        yield f"[{position}]", found


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    filled = (pair for pair in enumerate(text.split("\n"), 1) if pair[1].strip())
    for count, (number, line) in enumerate(filled):
        check_count(count)
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ResultsError(
                f"line {number}: {shown(line)}: is not a JSON object: {error}"
            ) from None
