"""Logs that never pause, read in virtual time: how long others wait on the operator's event loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sweepjob.ingest.log_readers import log_readers
from sweepjob.ingest.log_readers.log_readers import LogReaders
from sweepjob.ingest.log_readers.log_reading import LogReading
from sweepjob.kube import loop_turns
from sweepjob.log_parsing.limits import LogLimits
from sweepjob.log_parsing.log_parser import LogParser
from sweepjob.log_parsing.position import LogPosition
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.fake_api.virtual_time import virtual_loop

from .log_streams import CLOCK, Flood, Readers
from .pods import pod

pytestmark = pytest.mark.virtual_time
SLICE = 0.002  # seconds for which all streams together may block the event loop at a time
COST = 0.0001  # seconds that the event loop needs for a line
LIMITS = LogLimits()


@pytest.fixture(autouse=True)
def _lines_take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> float:
        return virtual_loop().time()

    def read_line(self: LogReading, line: str) -> Any:
        virtual_loop().spend(COST)
        return read(self, line)

    read = LogReading.read_line
    monkeypatch.setattr(LogReading, "read_line", read_line)
    monkeypatch.setattr(log_readers, "time", SimpleNamespace(perf_counter=now, thread_time=now))
    monkeypatch.setattr(loop_turns, "time", SimpleNamespace(monotonic=now))


async def test_a_flood_does_not_block_the_event_loop() -> None:
    """A task on the same loop, which stands for a push of another namespace, is never late."""
    loop, seconds = virtual_loop(), 2.0
    flood = Flood("acc=1 acc=2 loss=0.3 score=N")
    readers, late = Readers(flood, LIMITS, lambda: CLOCK), list[float]()
    began = loop.time()
    while loop.time() < began + seconds:
        before = loop.time()
        await asyncio.sleep(0.005)
        late.append(loop.time() - before - 0.005)
    readers.readers.forget(readers.uid)
    assert max(late) < SLICE + 2 * COST
    lines = LIMITS.share * seconds / COST
    assert 0.9 * lines < len(readers.values) < 1.1 * lines, "its share of the time, and no more"


async def test_a_quiet_log_is_read_promptly_beside_ten_floods() -> None:
    loop, waits = virtual_loop(), list[float]()

    class Logs:
        async def read_log(self, namespace: str, name: str, *_: object, follow: bool) -> Any:
            if name.startswith("flood"):
                async for line in Flood("score=N").read_log(follow=follow):
                    yield line
            for n in range(20):
                await asyncio.sleep(0.05)
                yield f"2026-01-01T00:00:{n:02}Z score={loop.time()}"
            await asyncio.Event().wait()

    def report(pod: CachedPod, found: list[tuple[str, float]], where: LogPosition) -> None:
        counts[pod.name] += 1
        if pod.name == "quiet":
            waits.append(loop.time() - found[0][1])
            if len(waits) == 20:
                enough.set()

    record, counts, enough = parse_pod(pod({"phase": "Running"})), Counter[str](), asyncio.Event()
    api: Any = Logs()
    readers = LogReaders(api, lambda uid: record, report, lambda pod: None)
    names = [*(f"flood-{n}" for n in range(10)), "quiet"]
    for name in names:
        readers.follow(replace(record, name=name, uid=name), LogParser("score"), 0)
    await enough.wait()
    for name in names:
        readers.forget(name)
    turn = SLICE / LIMITS.share
    assert max(waits) < 11 * turn, "each of the others had one turn at most"
    floods = [counts[name] for name in names[:-1]]
    assert min(floods) > 0.8 * max(floods)
