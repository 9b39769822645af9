"""Times and amounts as people read them."""

from __future__ import annotations


def duration(seconds: float | None) -> str:
    """``45s``, ``3m12s``, ``5h07m``, ``3d4h``, as kubectl writes ages."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86400, whole // 3600, whole // 60
    if days >= 2:
        return f"{days}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes % 60:02d}m"
    return f"{minutes}m{whole % 60:02d}s" if minutes else f"{whole}s"


def gpu_time(seconds: float) -> str:
    """GPU-seconds up to an hour, GPU-hours from then on."""
    return f"{seconds:.0f} GPU-s" if seconds < 3600 else f"{seconds / 3600:.2f} GPU-h"


def counted(number: int, what: str) -> str:
    """ "1 trial", "5 trials"."""
    return f"{number} {what}{'' if number == 1 else 's'}"
