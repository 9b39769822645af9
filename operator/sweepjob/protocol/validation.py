"""Checks of received JSON. Each function raises ValueError for what is not allowed."""

from __future__ import annotations

import json
import math
from typing import Any

from .float_json import decode

MAX_REPORTS = 10**12  # of one pod; no real count is larger
MAX_OBJECT_NAME = 253  # of Kubernetes


def parse_object(text: bytes | str, limit: int) -> dict[str, Any]:
    """Read a JSON object of at most ``limit`` bytes or characters.

    Raises:
        ValueError: it is not one, or the text is too long.
    """
    if len(text) > limit:
        raise ValueError(f"{len(text)} bytes; the limit is {limit}")
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    return data


def count_of(data: dict[str, Any], key: str, least: int = 0) -> int:
    """Return the integer of a key, from ``least`` to MAX_REPORTS.

    Args:
        data: the received object.
        key: must be present.
        least: smallest allowed value.
    """
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_REPORTS:
        raise ValueError(f"{key}: must be an integer from {least} to {MAX_REPORTS}")
    return value


def text_of(data: dict[str, Any], key: str, most: int) -> str:
    """Return the string of a key.

    Args:
        data: the received object.
        key: must be present.
        most: maximum number of characters.
    """
    value = data.get(key)
    if not isinstance(value, str) or len(value) > most:
        raise ValueError(f"{key}: must be a string of at most {most} characters")
    return value


def list_of(data: dict[str, Any], key: str, most: int) -> list[Any]:
    """Return the list of a key.

    Args:
        data: the received object.
        key: must be present.
        most: maximum number of items.
    """
    value = data.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"{key}: must be a list of at most {most} items")
    return value


def finite_of(data: dict[str, Any], key: str) -> float | None:
    """Return the finite float of a key; None where it is missing."""
    value = data.get(key)
    if value is None:
        return None
    number = decode(value)
    if not math.isfinite(number):
        raise ValueError(f"{key}: must be finite")
    return number
