"""What the pods of trials use: GPUs, and money where resources have prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...lifecycle.usage import Usage


@dataclass(frozen=True, slots=True)
class PodUsage:
    """What a pod uses, or used.

    Attributes:
        gpus: how many GPUs, by resource name.
        rate: what it costs a second.
        since: seconds since the epoch when the kubelet accepted the pod.
        until: seconds since the epoch when it released its resources; None while it holds them.
    """

    gpus: Mapping[str, float]
    rate: float
    since: float
    until: float | None = None

    @property
    def gpu_seconds(self) -> Counter[str]:
        """GPU-seconds by resource name; none while the pod holds its GPUs."""
        if self.until is None:
            return Counter()
        seconds = max(0.0, self.until - self.since)
        return Counter({name: count * seconds for name, count in self.gpus.items()})

    @property
    def gpu(self) -> Usage:
        """GPU-seconds as a function of time."""
        if self.until is not None:
            return Usage(sum(self.gpu_seconds.values()))
        count = sum(self.gpus.values())
        return Usage(0.0, count, count * self.since)

    @property
    def cost(self) -> Usage:
        """What it costs as a function of time.

        Each second that has begun counts. The times of pods are whole seconds, so a pod that has ended
        never costs less than while it ran, and a sweep that reached ``limits.maxCost`` stays so.
        """
        if self.until is not None:
            return Usage(self.rate * (max(0.0, self.until - self.since) + 1.0))
        return Usage(0.0, self.rate, self.rate * self.since)


@dataclass(frozen=True, slots=True)
class TrialUsage:
    """What the trial holds, and has used.

    Attributes:
        gpu_count: how many GPUs it holds while it runs.
        earlier_gpu: GPU-seconds of earlier attempts, by resource name.
        earlier_cost: what earlier attempts cost.
        by_pod: the usage of each pod of the current attempt, and of earlier ones that still held their
            resources when it began, by pod uid.
    """

    gpu_count: float = 0.0
    earlier_gpu: Counter[str] = field(default_factory=Counter)
    earlier_cost: float = 0.0
    by_pod: Mapping[str, PodUsage] = field(default_factory=dict)

    @property
    def gpu_seconds(self) -> Counter[str]:
        """GPU-seconds of all pods that have ended, by resource name."""
        return sum((pod.gpu_seconds for pod in self.by_pod.values()), self.earlier_gpu)

    @property
    def total_gpu_seconds(self) -> float:
        """GPU-seconds of all resources together, of pods that have ended."""
        return sum(self.gpu_seconds.values())

    @property
    def gpu(self) -> Usage:
        """GPU-seconds of all pods as a function of time."""
        earlier = Usage(sum(self.earlier_gpu.values()))
        return sum((pod.gpu for pod in self.by_pod.values()), earlier)

    @property
    def cost(self) -> Usage:
        """What all pods cost as a function of time."""
        return sum((pod.cost for pod in self.by_pod.values()), Usage(self.earlier_cost))


@dataclass(slots=True)
class LiveUsage:
    """What all live trials of a sweep use, which ``TrialStore`` keeps up to date.

    Attributes:
        gpu: GPU-seconds.
        cost: money.
    """

    gpu: Usage = field(default_factory=Usage)
    cost: Usage = field(default_factory=Usage)

    def replace(self, before: TrialUsage, after: TrialUsage) -> None:
        """Change the usage of a trial."""
        self.gpu += after.gpu - before.gpu
        self.cost += after.cost - before.cost
