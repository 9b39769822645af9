"""An estimate of the time until a sweep completes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..api.phases import SweepPhase
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..timestamps import parse_time


def remaining_time(
    sweep: SweepView,
    trials: Sequence[TrialView],
    limits: Mapping[str, Any],
    status: Mapping[str, Any],
    now: float,
) -> float | None:
    """Estimate the time that a sweep still needs, from the mean duration of its ended trials.

    Running trials are assumed to last as long as the mean, and trials to come to run in
    ``maxConcurrentTrials`` slots. The sweep's timeout is an upper bound.

    Args:
        sweep: the sweep.
        trials: its trials.
        limits: ``spec.limits``.
        status: the SweepJob's status.
        now: seconds since the epoch.

    Returns:
        Seconds; None if no trial has ended, or if the sweep is over or suspended.
    """
    durations = [t.seconds(now) for t in trials if t.ended is not None]
    known = [seconds for seconds in durations if seconds is not None]
    if sweep.has_ended or sweep.phase == SweepPhase.SUSPENDED or not known:
        return None
    mean = sum(known) / len(known)
    total = sweep.counts["total"]
    slots = min(limits.get("maxConcurrentTrials", total), total)
    running = [t.seconds(now) or 0.0 for t in trials if t.ended is None]
    to_create = max(0, total - len(trials))
    if to_create:
        in_running = sum(max(0.0, mean - seconds) for seconds in running)
        remaining = (in_running + to_create * mean) / slots
    else:
        remaining = max((max(0.0, mean - seconds) for seconds in running), default=0.0)
    timeout, started = limits.get("timeout"), parse_time(status.get("startTime"))
    if timeout is not None and started is not None:
        remaining = min(remaining, max(0.0, started + timeout - now))
    return remaining if math.isfinite(remaining) else None
