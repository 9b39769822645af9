"""Reads durations in the form of ISO 8601, such as ``PT1H30M``, which Azure's service writes."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?"
)


def seconds_of(text: object) -> int | None:
    """Return the seconds of a duration; None for anything else.

    >>> seconds_of("PT1H30M")
    5400
    >>> seconds_of("3600")

    Args:
        text: the duration.
    """
    found = _DURATION.fullmatch(text.strip().upper()) if isinstance(text, str) else None
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
