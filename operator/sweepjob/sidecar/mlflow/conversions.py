"""Converts fields that several calls share."""

from __future__ import annotations

from typing import Any

from ... import protocol

EXPERIMENT_ID = "0"
_INT64 = 2**63  # protobuf's largest integer, and SQLite's


def pairs(listed: Any) -> dict[str, str]:
    """Read params or tags of a request: a list of objects with ``key`` and ``value``."""
    return {str(pair["key"]): str(pair.get("value", "")) for pair in listed or []}


def dump_pairs(found: dict[str, str]) -> list[dict[str, str]]:
    """Return params or tags for an answer."""
    return [{"key": key, "value": value} for key, value in found.items()]


def whole(body: dict[str, Any], key: str, default: int = 0) -> int:
    """Read a number of 64 bits, such as a step or a time; protobuf's JSON has it as a string, too.

    Args:
        body: the request.
        key: the field.
        default: what a field that is missing, empty or 0 stands for.

    Raises:
        ValueError: it is not such a number.
    """
    value = body.get(key) or default
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{key} is not an integer: {str(value)[:40]!r}") from error
    if not -_INT64 <= number < _INT64:
        raise ValueError(f"{key} has more than 64 bits")
    return number


def text(body: dict[str, Any], key: str) -> str:
    """Read a text that can be stored.

    Args:
        body: the request.
        key: the field, which is required.

    Raises:
        ValueError: it has half of a surrogate pair.
    """
    found = str(body[key])
    found.encode()
    return found


def metric_values(metrics: Any) -> list[tuple[str, float, int, int]]:
    """Read name, value, step and time of metrics in a request, and sort them by step.

    A client that logs in the background sends batches whose values are in any order.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are malformed.
    """
    values = [
        (
            text(metric, "key"),
            protocol.decode(metric["value"]),
            whole(metric, "step"),
            whole(metric, "timestamp"),
        )
        for metric in metrics or []
    ]
    return sorted(values, key=lambda value: value[2:])
