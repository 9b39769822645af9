"""What the operator costs as a run goes on: sampled while it does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from sweepjob.api.resources import SWEEPJOBS
from sweepjob.kube import errors
from sweepjob.kube.client import KubeClient

from tests.bench.control_plane.costs import OperatorProcess

_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class Sample:
    """At one moment: seconds since the start, trials that have ended, processor seconds of the operator
    since the start, its memory in MiB."""

    seconds: float
    ended: int
    cpu: float
    memory: float


@dataclass
class RunHistory:
    """A run's samples in order."""

    samples: list[Sample] = field(default_factory=list)

    async def follow(
        self, api: KubeClient, namespace: str, operator: OperatorProcess, total: int
    ) -> None:
        """Sample until so many trials have ended in all sweeps of the namespace."""
        started, before = time.monotonic(), operator.cpu()
        while not self.samples or self.samples[-1].ended < total:
            await asyncio.sleep(_EVERY)
            try:
                page = await api.list_page(SWEEPJOBS, namespace, "", "")
            except errors.ApiError:
                continue
            ended = sum(_ended(body.get("status") or {}) for body in page["items"])
            used, (memory, _) = operator.cpu() - before, operator.memory()
            self.samples.append(Sample(time.monotonic() - started, ended, used, memory))
            print(f"  {self.samples[-1]}", flush=True)

    def cpu_per_trial(self, first: int, last: int) -> float:
        """Processor seconds of each trial between two numbers of ended ones."""
        inside = [s for s in self.samples if first <= s.ended <= last]
        return (inside[-1].cpu - inside[0].cpu) / (inside[-1].ended - inside[0].ended)


def _ended(status: dict[str, dict[str, int]]) -> int:
    counts = status.get("trials") or {}
    return sum(counts.get(k, 0) for k in ("succeeded", "earlyStopped", "failed", "canceled"))
