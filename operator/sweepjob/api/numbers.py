"""Numbers in Kubernetes objects: texts, since JSON has no NaN and the API server reformats numbers."""

from __future__ import annotations


def dump_number(value: float) -> str:
    """The shortest text that reads back the same, of any float."""
    return repr(float(value))


def parse_number(text: object) -> float | None:
    """The float of a text; None where there is none.

    Operators of version 0.2 wrote an empty text where a number was missing.

    Raises:
        ValueError: it is no number.
    """
    if text is None or text == "":
        return None
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError("is no number")
    try:
        return float(text)
    except (ValueError, OverflowError):
        raise ValueError("is no number") from None
