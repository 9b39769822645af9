"""Formats durations and amounts for people.

Durations have the short form of kubectl's ages. Neither ``datetime`` nor ``humanize`` writes it, and the
Python client has no counterpart of apimachinery's ``HumanDuration``.
"""

from __future__ import annotations


def format_duration(seconds: float | None) -> str:
    """Return a duration as ``45s``, ``3m12s``, ``5h07m`` or ``3d4h``; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86400, whole // 3600, whole // 60
    if days >= 2:
        return f"{days}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes % 60:02d}m"
    return f"{minutes}m{whole % 60:02d}s" if minutes else f"{whole}s"


def format_gpu_time(seconds: float) -> str:
    """Return GPU time in GPU-seconds below one hour, in GPU-hours otherwise."""
    return f"{seconds:.0f} GPU-s" if seconds < 3600 else f"{seconds / 3600:.2f} GPU-h"


def pluralize(number: int, what: str) -> str:
    """Return a number with its noun: ``1 trial``, ``5 trials``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
