"""``spec.limits``: how many trials a sweep runs, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from ..parsing.reader import Reader

# Default of companionGracePeriodSeconds: seconds that the other containers may run after the trainer has
# ended. Enough to upload a checkpoint; it bounds the cost of a proxy that never exits.
COMPANION_GRACE = 300.0


_MAX_TOTAL, _MAX_CONCURRENT = 100_000, 10_000
_KEYS = (
    "maxTotalTrials",
    "maxConcurrentTrials",
    "timeout",
    "trialTimeout",
    "startTimeout",
    "maxFailedTrials",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a sweep (Azure semantics, "Limits").

    Attributes:
        max_total_trials: maximum number of trials; failed ones count.
        max_concurrent_trials: maximum number of trials that hold or wait for a slot at a time.
        timeout: seconds from the sweep's start after which it and its trials are cancelled.
        trial_timeout: seconds that a trial may run before it is cancelled.
        start_timeout: seconds that a trial may take to start before it fails. None: no limit while it
            waits for capacity, ten minutes for a cause that waiting does not remove.
        max_failed_trials: the sweep fails when more trials than this have failed. None: no limit.
    """

    max_total_trials: int
    max_concurrent_trials: int
    timeout: float | None = None
    trial_timeout: float | None = None
    max_failed_trials: int | None = None
    start_timeout: float | None = None


def parse_limits(reader: Reader) -> Limits:
    """Read ``spec.limits``; problems are added to the reader's."""
    reader.known(_KEYS)
    total = reader.integer("maxTotalTrials", least=1, most=_MAX_TOTAL)
    default = max(1, min(total, _MAX_CONCURRENT))
    concurrent = reader.integer("maxConcurrentTrials", default, least=1, most=_MAX_CONCURRENT)
    return Limits(
        max_total_trials=total,
        max_concurrent_trials=concurrent,
        timeout=reader.optional_integer("timeout", 1),
        trial_timeout=reader.optional_integer("trialTimeout", 1),
        start_timeout=reader.optional_integer("startTimeout", 1),
        max_failed_trials=reader.optional_integer("maxFailedTrials"),
    )
