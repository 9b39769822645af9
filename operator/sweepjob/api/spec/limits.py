"""``spec.limits``: how many trials a sweep runs, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...objective import Goal
from ..parsing.reader import Reader
from .prices import parse_prices

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
    "target",
    "noImprovementTrials",
    "maxGpuHours",
    "maxCost",
    "prices",
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
        target: the sweep ends when a trial reports this value, or a better one. None: it does not.
        no_improvement_trials: the sweep ends when so many trials have ended in a row without a new best
            value. None: no limit.
        max_gpu_hours: the sweep ends when its trials have used so many GPU-hours. None: no limit.
        max_cost: the sweep ends when its trials have cost so much. None: no limit.
        prices: what an hour of a resource costs, by its name, in addition to the prices of the operator.
    """

    max_total_trials: int
    max_concurrent_trials: int
    timeout: float | None = None
    trial_timeout: float | None = None
    max_failed_trials: int | None = None
    start_timeout: float | None = None
    target: float | None = None
    no_improvement_trials: int | None = None
    max_gpu_hours: float | None = None
    max_cost: float | None = None
    prices: Mapping[str, float] = field(default_factory=dict)

    def is_target_reached(self, value: float | None, goal: Goal) -> bool:
        """Return whether a value is the target, or better.

        Args:
            value: a trial's best value; None without one.
            goal: which values are better.
        """
        if value is None or self.target is None:
            return False
        return goal.score(value) >= goal.score(self.target)


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
        target=float(reader.number("target")) if "target" in reader.data else None,
        no_improvement_trials=reader.optional_integer("noImprovementTrials", 1),
        max_gpu_hours=_positive(reader, "maxGpuHours"),
        max_cost=_positive(reader, "maxCost"),
        prices=parse_prices(reader.child("prices")),
    )


def _positive(reader: Reader, key: str) -> float | None:
    if key not in reader.data:
        return None
    amount = float(reader.number(key))
    if amount <= 0:
        reader.note(key, reader.data[key], "must be greater than 0")
    return amount
