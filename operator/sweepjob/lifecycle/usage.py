"""What trials have used, as a function of time, and the limits on it."""

from __future__ import annotations

from dataclasses import dataclass

from ..api import names
from ..api.meta.cause import Cause

_HOUR = 3600.0
_LEAST_WAIT = 0.01  # seconds until the next look at a limit that is almost reached
_NO_RATE = 1e-12  # what may be left of rates that were added and subtracted again


@dataclass(frozen=True, slots=True)
class Usage:
    """What some pods have used, those that still run included: GPU-seconds, or money.

    The sum over pods that use ``r`` a second since ``s`` is a line, ``sum(r) * now - sum(r * s)``, so
    that usages are added and subtracted without going through the pods.

    Attributes:
        ended: what pods that have ended used.
        rate: what running pods use a second.
        rate_since: sum over them of their rate times their start, in seconds since the epoch.
    """

    ended: float = 0.0
    rate: float = 0.0
    rate_since: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.ended + other.ended, self.rate + other.rate, self.rate_since + other.rate_since
        )

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            self.ended - other.ended, self.rate - other.rate, self.rate_since - other.rate_since
        )

    def at(self, now: float) -> float:
        """Return what was used until a time.

        Args:
            now: seconds since the epoch.
        """
        return self.ended + max(0.0, self.rate * now - self.rate_since)

    def when(self, amount: float) -> float | None:
        """Return when the usage reaches an amount if no pod starts or ends.

        Args:
            amount: GPU-seconds, or money.

        Returns:
            Seconds since the epoch, maybe in the past; None if it never does.
        """
        if self.rate <= _NO_RATE:
            return None
        return (amount - self.ended + self.rate_since) / self.rate


@dataclass(frozen=True, slots=True)
class UsageLimit:
    """A limit on what the trials of a sweep use, and what they have used of it.

    Attributes:
        limit: the limit, in the unit of the spec.
        unit: how many of the usage's unit that is, such as seconds of an hour.
        used: the usage of all trials.
        uncertain: what pods of trials that the limit ended may have used beyond their records. Pods'
            times are whole seconds, so the sum on record may be less than the one that ended the trials;
            without this amount the sweep would go on.
        reason: why the sweep ends at the limit.
        message: what to say then, with places for the usage and the limit.
    """

    limit: float
    unit: float
    used: Usage
    uncertain: float
    reason: str
    message: str

    @classmethod
    def of_gpu_hours(cls, limit: float, used: Usage, uncertain: float) -> UsageLimit:
        """Return ``limits.maxGpuHours``.

        Args:
            limit: GPU-hours.
            used: GPU-seconds of all trials.
            uncertain: GPU-seconds that may be missing on record.
        """
        message = "the trials used {:.4g} GPU-hours; limits.maxGpuHours is {:g}"
        return cls(limit, _HOUR, used, uncertain, names.REASON_MAX_GPU_HOURS, message)

    @classmethod
    def of_cost(cls, limit: float, used: Usage) -> UsageLimit:
        """Return ``limits.maxCost``. No cost is missing on record, since begun seconds count.

        Args:
            limit: money, in the currency of the prices.
            used: what all trials cost.
        """
        message = "the trials cost {:.4g}; limits.maxCost is {:g}"
        return cls(limit, 1.0, used, 0.0, names.REASON_MAX_COST, message)

    def end(self, now: float) -> Cause | None:
        """Return that the limit is reached; None if it is not.

        Args:
            now: seconds since the epoch.
        """
        used = self.used.at(now)
        if used + self.uncertain < self.limit * self.unit:
            return None
        # What is on record may be a little less than what the trials were ended for.
        shown = max(used / self.unit, self.limit)
        return Cause(self.reason, self.message.format(shown, self.limit))

    def due(self, now: float) -> float | None:
        """Return when the limit is reached if no pod starts or ends.

        Args:
            now: seconds since the epoch.

        Returns:
            Seconds since the epoch; None while no pod uses anything, or if the limit is reached.
        """
        if self.end(now) is not None:
            return None
        when = self.used.when(self.limit * self.unit - self.uncertain)
        # Sums of fractions are not exact: at the computed time, a millionth may be missing.
        return None if when is None else max(when, now + _LEAST_WAIT)
