"""Reading a pod's log although the stream breaks: each line once, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sweepjob.controller import errors, log_reader
from sweepjob.controller.log_reader import LogReaders
from sweepjob.resources.log_lines import LogLines, nanoseconds
from sweepjob.resources.pods import PodRecord, parse_pod

from .test_pods import pod

LINES = [f"2026-01-01T00:00:0{n // 2}.{n % 2 * 5}Z score={n}" for n in range(12)]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "_PAUSE", 0.0)


@dataclass
class BreakingLog:
    """In place of the API server: gives some lines at each call, from the second of ``after`` on,
    and breaks or ends as it is told to."""

    cuts: list[int]
    calls: list[int] = field(default_factory=list)

    async def read_log(
        self, namespace: str, name: str, container: str, after: int, *, follow: bool
    ) -> AsyncIterator[str]:
        assert (namespace, name, container) == ("n", "s-1-x", "trainer")
        self.calls.append(after)
        cut = self.cuts.pop(0) if self.cuts else len(LINES)
        for line in LINES[:cut]:
            if nanoseconds(line.split()[0]) >= after // 10**9 * 10**9:
                yield line
        yield "failed to try resolving symlinks"  # the kubelet's own words
        if cut < len(LINES):
            raise errors.Unavailable("broken")


def ended() -> PodRecord:
    record = parse_pod(pod({"phase": "Running"}))
    return replace(record, trainer_ended=True)


async def read(
    log: Any, after: int = 0, current: PodRecord | None = None
) -> tuple[list[float], int]:
    values: list[float] = []
    finished: list[str] = []

    def report(pod: PodRecord, found: list[tuple[str, float]], when: int) -> None:
        values.extend(value for _, value in found)

    readers = LogReaders(
        log, lambda uid: current or ended(), report, lambda pod: finished.append(pod.uid)
    )
    record = parse_pod(pod({"phase": "Running"}))
    readers.follow(record, LogLines("score"), after)
    readers.follow(record, LogLines("score"), after)  # a second time changes nothing
    async with asyncio.timeout(5):
        while not readers.has_read(record.uid):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
    return values, len(finished)


async def test_each_line_counts_once_however_often_the_stream_breaks() -> None:
    values, finished = await read(BreakingLog([3, 3, 7, 0, 8]))
    assert values == [float(n) for n in range(12)]
    assert finished == 1


async def test_a_started_operator_goes_on_behind_the_last_report() -> None:
    values, _ = await read(BreakingLog([]), after=nanoseconds(LINES[6].split()[0]))
    assert values == [7.0, 8.0, 9.0, 10.0, 11.0]


async def test_a_log_that_cannot_be_read_does_not_hold_the_trial_up() -> None:
    class Unreadable:
        async def read_log(self, *_: object, follow: bool) -> AsyncIterator[str]:
            raise errors.NotFound("no such container")
            yield ""

    assert await read(Unreadable()) == ([], 1)


async def test_a_stream_that_does_not_end_with_its_pod_is_cut_off() -> None:
    record = parse_pod(pod({"phase": "Running"}))
    seen, values, finished = [record], list[float](), asyncio.Event()

    class Endless:
        async def read_log(self, *where: object, follow: bool) -> AsyncIterator[str]:
            yield LINES[3]
            if follow:
                await asyncio.Event().wait()
            yield LINES[4]

    def report(pod: PodRecord, found: list[tuple[str, float]], when: int) -> None:
        values.extend(value for _, value in found)

    api: Any = Endless()
    readers = LogReaders(api, lambda uid: seen[0], report, lambda pod: finished.set())
    readers.follow(record, LogLines("score"), 0)
    await asyncio.sleep(0.1)
    assert not finished.is_set(), "as long as the pod runs"
    seen[0] = ended()
    readers.follow(seen[0], LogLines("score"), 0)
    async with asyncio.timeout(5):
        await finished.wait()
    assert values == [3.0, 4.0]
