"""Reads the record of a trial: what its script logged, tagged and registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def newest_attempt(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries of the newest attempt; earlier attempts have failed."""
    found = list(entries)
    last = max((entry.get("attempt", 0) for entry in found), default=0)
    return [entry for entry in found if entry.get("attempt", 0) == last]


def logged_metrics(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the metrics by name, as v1 of Azure's client does.

    A metric that was logged once is its value, one that was logged several times is a list. Rows of one
    name are joined to a dict of lists.
    """
    scalars: dict[str, list[Any]] = {}
    found: dict[str, Any] = {}
    for entry in newest_attempt(entries):
        kind, name, value = (entry.get(key) for key in ("kind", "name", "value"))
        if kind == "scalar":
            scalars.setdefault(str(name), []).append(value)
        elif kind == "list":
            scalars.setdefault(str(name), []).extend(value or ())
        elif kind == "row":
            columns = found.setdefault(str(name), {})
            for column, cell in (value or {}).items():
                columns.setdefault(column, []).append(cell)
        elif kind in ("table", "image", "document"):
            found[str(name)] = value
    return found | {name: v[0] if len(v) == 1 else v for name, v in scalars.items()}


def logged_tags(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the tags that the script has set."""
    return {str(e.get("name")): e.get("value") for e in entries if e.get("kind") == "tag"}
