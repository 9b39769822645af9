"""How long a sweep still takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..api.times import parse_time
from ..render.views import SweepView, TrialView


def time_left(
    sweep: SweepView,
    trials: Sequence[TrialView],
    limits: Mapping[str, Any],
    status: Mapping[str, Any],
    now: float,
) -> float | None:
    """Seconds, by what the trials that have ended took on average; None when that cannot be said:
    none has ended, or the sweep is over or suspended.

    Those that run are taken to be as long as the average, the others to follow in as many slots as
    the sweep has; the sweep's timeout ends it sooner.
    """
    took = [t.seconds(now) for t in trials if t.ended is not None]
    known = [seconds for seconds in took if seconds is not None]
    if sweep.is_over or sweep.phase == "Suspended" or not known:
        return None
    mean = sum(known) / len(known)
    total = sweep.counts["total"]
    slots = min(limits.get("maxConcurrentTrials", total), total)
    running = [t.seconds(now) or 0.0 for t in trials if t.ended is None]
    rest = sum(max(0.0, mean - seconds) for seconds in running)
    to_come = max(0, total - len(trials))
    left = (rest + to_come * mean) / slots if to_come else _longest(running, mean)
    deadline = limits.get("timeout")
    started = parse_time(status.get("startTime"))
    if deadline is not None and started is not None:
        left = min(left, max(0.0, started + deadline - now))
    return left if math.isfinite(left) else None


def _longest(running: Sequence[float], mean: float) -> float:
    return max((max(0.0, mean - seconds) for seconds in running), default=0.0)
