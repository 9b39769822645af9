"""Floats in JSON, which has no NaN and no infinities."""

from __future__ import annotations

import math
from typing import Any

_MAX_QUOTED = 250  # characters of a value in an error message


def encode(value: float) -> float | str:
    """Return the JSON value of a float: NaN and the infinities as strings, since JSON has none."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def decode(value: Any) -> float:
    """Return the float of a JSON value.

    Raises:
        ValueError: it is neither a number nor a string that ``float`` accepts.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a number: {value!r}"[:_MAX_QUOTED])
    try:
        return float(value)
    except (OverflowError, ValueError) as error:
        raise ValueError(
            f"not a number that a float can hold: {str(value)[:_MAX_QUOTED]!r}"
        ) from error
