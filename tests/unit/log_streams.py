"""Logs of pods that never pause, and what is read of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from sweepjob.ingest.log_readers.log_readers import LogReaders
from sweepjob.log_parsing.findings import LogFindings
from sweepjob.log_parsing.limits import LogLimits
from sweepjob.log_parsing.log_parser import LogParser
from sweepjob.log_parsing.position import LogPosition
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from .pods import pod

CLOCK = 1767225600.0  # the first second of LINES


LINES = [f"2026-01-01T00:00:0{n // 2}.{n % 2 * 5}Z score={n}" for n in range(12)]


def ended() -> CachedPod:
    record = parse_pod(pod({"phase": "Running"}))
    return replace(record, trainer_ended=True)


class Flood:
    """A log that never pauses: so many lines, or without end."""

    def __init__(self, text: str, count: int | None = None) -> None:
        self.text, self.count = text, count
        self.given = 0

    async def read_log(self, *where: object, follow: bool) -> AsyncIterator[str]:
        while self.count is None or self.given < self.count:
            self.given += 1
            if self.given % 1000 == 0:
                await asyncio.sleep(0)  # the next chunk is there already
            yield f"2026-01-01T00:00:00.{self.given:09}Z {self.text.replace('N', str(self.given))}"


class Readers:
    """What readers of floods found."""

    def __init__(self, api: Any, limits: LogLimits, clock: Callable[[], float]) -> None:
        self.values: list[float] = []
        self.findings: list[LogFindings] = []
        self.finished = asyncio.Event()
        self.running = True
        self.readers = LogReaders(
            api,
            lambda uid: parse_pod(pod({"phase": "Running"})) if self.running else ended(),
            self.report,
            lambda pod: self.finished.set(),
            observed=lambda pod, found: self.findings.append(found),
            limits=limits,
            clock=clock,
        )
        record = parse_pod(pod({"phase": "Running"}))
        self.readers.follow(record, LogParser("score"), 0)
        self.uid = record.uid

    def report(self, pod: CachedPod, found: list[tuple[str, float]], where: LogPosition) -> None:
        self.values += [value for name, value in found if name == "score"]
