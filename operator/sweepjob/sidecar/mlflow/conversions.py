"""Converts fields that several calls share."""

from __future__ import annotations

from typing import Any

from ... import protocol

EXPERIMENT_ID = "0"


def pairs(listed: Any) -> dict[str, str]:
    """Read params or tags of a request: a list of objects with ``key`` and ``value``."""
    return {str(pair["key"]): str(pair.get("value", "")) for pair in listed or []}


def dump_pairs(found: dict[str, str]) -> list[dict[str, str]]:
    """Return params or tags for an answer."""
    return [{"key": key, "value": value} for key, value in found.items()]


def metric_values(metrics: Any) -> list[tuple[str, float, int, int]]:
    """Read name, value, step and time of metrics in a request, and sort them by step.

    A client that logs in the background sends batches whose values are in any order.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are malformed.
    """
    values = [
        (
            str(metric["key"]),
            protocol.decode(metric["value"]),
            int(metric.get("step") or 0),
            int(metric.get("timestamp") or 0),
        )
        for metric in metrics or []
    ]
    return sorted(values, key=lambda value: value[2:])
