"""Finds fields of a status that the API server has dropped: its CRD is of an earlier version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def compare_fields(
    sent: Mapping[str, Any], stored: object, path: str = "status"
) -> Iterator[tuple[str, bool]]:
    """Yield the path of each field that was sent, and whether it was stored.

    Below a field that was not stored there is nothing to compare.

    Args:
        sent: a merge patch. A field that is null or empty may be absent afterwards.
        stored: the object that the patch was merged into.
        path: the path of the two.
    """
    known = stored if isinstance(stored, Mapping) else {}
    for key, value in sent.items():
        if value is None or value in ({}, []):
            continue
        own = f"{path}.{key}"
        yield own, key in known
        if isinstance(value, Mapping) and key in known:
            yield from compare_fields(value, known[key], own)
