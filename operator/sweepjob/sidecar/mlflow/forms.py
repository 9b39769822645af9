"""Forms that several calls share."""

from __future__ import annotations

from typing import Any

EXPERIMENT_ID = "0"


def pairs(listed: Any) -> dict[str, str]:
    """Params or tags of a request: a list of objects with ``key`` and ``value``."""
    return {str(pair["key"]): str(pair.get("value", "")) for pair in listed or []}


def dump_pairs(found: dict[str, str]) -> list[dict[str, str]]:
    """Params or tags of an answer."""
    return [{"key": key, "value": value} for key, value in found.items()]
