"""How much a sweep may do."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds that containers beside the trainer have after its end, where the sweep names none: enough to
# upload a checkpoint, and little for a proxy that nobody ends.
COMPANION_GRACE = 300.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a sweep (Azure semantics, "Limits").

    Attributes:
        max_total_trials: trials created at most; failed ones count.
        max_concurrent_trials: trials that hold or wait for a slot at a time.
        timeout: seconds from the sweep's start after which it and its trials are cancelled.
        trial_timeout: seconds a trial may run before it is cancelled.
        start_timeout: seconds a trial may fail to get going before it fails; None: for ever when it
            waits for room, ten minutes when it waits for what no waiting mends.
        max_failed_trials: failed trials the sweep survives; one more and it fails. None: any number.
    """

    max_total_trials: int
    max_concurrent_trials: int
    timeout: float | None = None
    trial_timeout: float | None = None
    max_failed_trials: int | None = None
    start_timeout: float | None = None
