"""Floats in Kubernetes objects: strings, since JSON has no NaN and the API server rewrites numbers."""

from __future__ import annotations


def format_float(value: float) -> str:
    """Return the shortest text that ``parse_float`` reads as the same float."""
    return repr(float(value))


def parse_float(text: object) -> float | None:
    """Return the float of a text; None where there is none.

    Operators of version 0.2 wrote an empty text where a number was missing.

    Raises:
        ValueError: it is not a number.
    """
    if text is None or text == "":
        return None
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError("is not a number")
    try:
        return float(text)
    except (ValueError, OverflowError):
        raise ValueError("is not a number") from None
