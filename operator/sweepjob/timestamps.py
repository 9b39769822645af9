"""Converts between Kubernetes timestamps and seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(seconds: float, *, micro: bool = False) -> str:
    """Format seconds since the epoch; with microseconds for fields of type ``MicroTime``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: object) -> float | None:
    """Return seconds since the epoch; None where there is no timestamp.

    The epoch itself counts as missing: the kubelet writes 1970 for what never happened, such as the start
    of a container whose program does not exist.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None
