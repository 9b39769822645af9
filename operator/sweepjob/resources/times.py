"""Kubernetes timestamps to seconds since the epoch and back."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(seconds: float, *, micro: bool = False) -> str:
    """``micro`` for the fields that keep fractions."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()
