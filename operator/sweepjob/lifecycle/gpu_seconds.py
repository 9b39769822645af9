"""GPU-seconds as a function of time, and the limit on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..api import names
from ..api.meta.cause import Cause

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class GpuSeconds:
    """GPU-seconds of some pods, those that still hold GPUs included.

    The sum over pods that hold ``n`` GPUs since ``s`` is a line, ``sum(n) * now - sum(n * s)``, so that
    usages are added and subtracted without going through the pods.

    Attributes:
        released: GPU-seconds of pods that have released their GPUs.
        held: number of GPUs that pods hold.
        held_since: sum over these GPUs of when they were taken, in seconds since the epoch.
    """

    released: float = 0.0
    held: float = 0.0
    held_since: float = 0.0

    def __add__(self, other: GpuSeconds) -> GpuSeconds:
        return GpuSeconds(
            self.released + other.released,
            self.held + other.held,
            self.held_since + other.held_since,
        )

    def __sub__(self, other: GpuSeconds) -> GpuSeconds:
        return GpuSeconds(
            self.released - other.released,
            self.held - other.held,
            self.held_since - other.held_since,
        )

    def at(self, now: float) -> float:
        """Return the GPU-seconds until a time.

        Args:
            now: seconds since the epoch.
        """
        return self.released + max(0.0, self.held * now - self.held_since)

    def when(self, amount: float) -> float | None:
        """Return when the GPU-seconds reach an amount if no pod starts or ends.

        Args:
            amount: in GPU-seconds.

        Returns:
            Seconds since the epoch, maybe in the past; None if they never do.
        """
        if self.held <= 0:
            return None
        return (amount - self.released + self.held_since) / self.held


@dataclass(frozen=True, slots=True)
class GpuBudget:
    """``limits.maxGpuHours``, and what the trials of the sweep have used of it.

    Attributes:
        max_gpu_hours: the limit; None without one.
        used: GPU-seconds of all trials.
        uncertain: GPU-seconds that pods of trials which the limit ended may have used beyond their
            records. Pods' times are whole seconds, so the sum on record may be less than the one that
            ended the trials; without these seconds the sweep would go on.
    """

    max_gpu_hours: float | None = None
    used: GpuSeconds = field(default_factory=GpuSeconds)
    uncertain: float = 0.0

    def end(self, now: float) -> Cause | None:
        """Return that the limit is reached; None if it is not.

        Args:
            now: seconds since the epoch.
        """
        limit, used = self.max_gpu_hours, self.used.at(now)
        if limit is None or used + self.uncertain < limit * _HOUR:
            return None
        message = f"the trials used {used / _HOUR:.4g} GPU-hours; limits.maxGpuHours is {limit:g}"
        return Cause(names.REASON_MAX_GPU_HOURS, message)

    def due(self, now: float) -> float | None:
        """Return when the limit is reached if no pod starts or ends.

        Args:
            now: seconds since the epoch.

        Returns:
            Seconds since the epoch; None without a limit, while no pod holds a GPU, or if it is reached.
        """
        if self.max_gpu_hours is None or self.end(now) is not None:
            return None
        return self.used.when(self.max_gpu_hours * _HOUR - self.uncertain)
