"""Reads a table of pandas that ``to_json`` has written by columns, as it does by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rows_of(document: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of a table in a JSON object; None if it is no such table.

    Args:
        document: ``{"lr": {"0": 0.1}}``, or ``{"columns": ["lr"], "index": [0], "data": [[0.1]]}``.
    """
    if set(document) == {"columns", "index", "data"}:
        return _of_split(document["columns"], document["data"])
    columns = list(document.values())
    if not all(isinstance(column, Mapping) for column in columns):
        return None
    labels = [list(column) for column in columns]
    is_table = labels and labels[0] and all(each == labels[0] for each in labels)
    if not is_table or not all(label.isdecimal() for label in labels[0]):
        return None
    return [{name: column[label] for name, column in document.items()} for label in labels[0]]


def _of_split(columns: Any, data: Any) -> list[dict[str, Any]] | None:
    if not isinstance(columns, list) or not isinstance(data, list):
        return None
    are_names = all(isinstance(name, str) for name in columns)
    if not are_names or not all(isinstance(r, list) and len(r) == len(columns) for r in data):
        return None
    return [dict(zip(columns, row, strict=True)) for row in data]
