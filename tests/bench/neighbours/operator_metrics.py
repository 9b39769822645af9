"""What the operator's own metrics say while it is attacked."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.cluster import target as clusters
from tests.cluster.console import ClusterError
from tests.cluster.target import Target

_PATH = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"
_PROCESSES = ("process_resident_memory_bytes", "sweepjob_intake_resident_memory_bytes")
_DELAY = "sweepjob_operator_loop_delay_seconds_bucket"
_PAUSE = 2.0  # seconds between two readings


def scrape(target: Target) -> dict[str, float]:
    """The operator's metrics by name with labels."""
    lines = target.kubectl("get", "--raw", _PATH).splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


def total(found: dict[str, float], name: str) -> float:
    """The sum of a metric over all its labels."""
    return sum(value for key, value in found.items() if key.partition("{")[0] == name)


@dataclass
class OperatorObserver:
    """Reads the metrics again and again.

    Attributes:
        readings: in their order.
        missed: how many were not answered.
    """

    target: Target
    readings: list[dict[str, float]] = field(default_factory=list)
    missed: int = 0

    @contextlib.asynccontextmanager
    async def observing(self) -> AsyncIterator[None]:
        """Read while the body runs, and once before and after it."""
        await self._read()
        reading = asyncio.create_task(self._read_repeatedly())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            await self._read()

    @property
    def memory(self) -> float:
        """MiB of both processes, at most."""
        return (
            max(sum(total(found, name) for name in _PROCESSES) for found in self.readings) / 2**20
        )

    @property
    def longest_pause(self) -> str:
        """Between which seconds the longest time was for which the control loop was held."""
        first, last = self.readings[0], self.readings[-1]
        # A bucket counts all shorter ones, too.
        counted = [(_bound(key), last[key] - first.get(key, 0)) for key in last if _DELAY in key]
        counted.sort()
        all_of_them = counted[-1][1]
        bound = next(bound for bound, count in counted if count == all_of_them)
        return f"< {bound * 1000:.0f} ms" if bound < float("inf") else "> 10 s"

    def grown(self, name: str) -> float:
        """By how much a counter has grown."""
        return total(self.readings[-1], name) - total(self.readings[0], name)

    async def _read_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._read()

    async def _read(self) -> None:
        try:
            self.readings.append(await asyncio.to_thread(scrape, self.target))
        except ClusterError:
            self.missed += 1


def _bound(key: str) -> float:
    match = re.search(r'le="([^"]+)"', key)
    assert match
    return float(match[1])
