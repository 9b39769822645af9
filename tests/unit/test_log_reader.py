"""Reading a pod's log although the stream breaks: each line once, and an end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sweepjob.ingest.log_readers import log_readers as log_reader
from sweepjob.ingest.log_readers.log_readers import LogReaders
from sweepjob.ingest.log_readers.log_reading import LogReading
from sweepjob.kube import errors
from sweepjob.kube.denied_access import DeniedAccess
from sweepjob.kube.log_stream import MORE
from sweepjob.log_parsing.findings import log_incomplete_reasons
from sweepjob.log_parsing.limits import LogLimits
from sweepjob.log_parsing.log_parser import LogParser, nanoseconds
from sweepjob.log_parsing.position import LogPosition
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.fake_api.virtual_time import virtual_loop
from tests.waiting import until

from .log_streams import CLOCK, LINES, Flood, Readers, ended
from .pods import pod


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


async def read(
    log: Any, after: int = 0, current: CachedPod | None = None
) -> tuple[list[float], int]:
    values: list[float] = []
    finished: list[str] = []

    def report(pod: CachedPod, found: list[tuple[str, float]], where: LogPosition) -> None:
        values.extend(value for _, value in found)

    readers = LogReaders(
        log, lambda uid: current or ended(), report, lambda pod: finished.append(pod.uid)
    )
    record = parse_pod(pod({"phase": "Running"}))
    readers.follow(record, LogParser("score"), after)
    readers.follow(record, LogParser("score"), after)  # a second time changes nothing
    async with asyncio.timeout(120):
        while not readers.has_read(record.uid):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
    return values, len(finished)


async def test_each_line_counts_once_however_often_the_stream_breaks() -> None:
    values, finished = await read(BreakingLog([3, 3, 7, 0, 8]))
    assert values == [float(n) for n in range(12)]
    assert finished == 1


async def test_a_restarted_operator_resumes_after_the_last_report() -> None:
    values, _ = await read(BreakingLog([]), after=nanoseconds(LINES[6].split()[0]))
    assert values == [7.0, 8.0, 9.0, 10.0, 11.0]


async def test_an_unreadable_log_does_not_block_the_trial() -> None:
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

    def report(pod: CachedPod, found: list[tuple[str, float]], where: LogPosition) -> None:
        values.extend(value for _, value in found)

    api: Any = Endless()
    readers = LogReaders(api, lambda uid: seen[0], report, lambda pod: finished.set())
    readers.follow(record, LogParser("score"), 0)
    await until(lambda: values == [3.0])
    await asyncio.sleep(0.2)  # longer than a stream may be idle once its pod has ended
    assert not finished.is_set(), "as long as the pod runs"
    seen[0] = ended()
    readers.follow(seen[0], LogParser("score"), 0)
    async with asyncio.timeout(120):
        await finished.wait()
    assert values == [3.0, 4.0]


ALIKE = [f"2026-01-01T00:00:0{n // 4}.5+02:00 score={n}" for n in range(12)]  # four of each time


async def test_lines_of_the_same_time_count_wherever_the_stream_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.unit.test_log_reader.LINES", ALIKE)
    for cut in itertools.product(range(13), repeat=2):
        values, _ = await read(BreakingLog(list(cut)))
        assert values == [float(n) for n in range(12)], cut


# Long lines arrive in parts, each but the last with MORE at its end.
PARTS = [
    "2026-01-01T00:00:00Z score=1",
    "2026-01-01T00:00:01Z score=2 " + "x" * 100 + MORE,
    "y" * 100 + MORE,
    " end",
    "2026-01-01T00:00:01Z score=3",
    "2026-01-01T00:00:02Z " + "z" * 100 + MORE,
    "z" * 100 + " score=4",
    "2026-01-01T00:00:03Z score=5",
]


@pytest.mark.parametrize("cut", range(1, len(PARTS)))
@pytest.mark.parametrize("second", [0, 1, 3])
async def test_a_stream_interrupted_in_a_long_line(cut: int, second: int) -> None:
    """The line is read again from its beginning, and its values count once; so do those after it."""
    cuts = [cut, min(cut + second, len(PARTS))] if second else [cut]

    class Cut:
        async def read_log(self, *where: Any, follow: bool) -> AsyncIterator[str]:
            end = cuts.pop(0) if cuts else len(PARTS)
            within = False
            for line in PARTS[:end]:
                begins, within = not within, line.endswith(MORE)
                if begins:
                    is_sent = nanoseconds(line.split()[0]) >= where[3] // 10**9 * 10**9
                if is_sent:
                    yield line
            if end < len(PARTS):
                raise errors.Unavailable("broken")

    assert await read(Cut()) == ([1.0, 2.0, 3.0, 4.0, 5.0], 1)


class Turns:
    """Counts the turns that another task on the same loop gets."""

    def __init__(self) -> None:
        self.count = 0
        self._task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)

    def end(self) -> int:
        self._task.cancel()
        return self.count


async def test_a_reader_within_its_budget_lets_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits for a core never uses its budget up: it grows with time."""
    monkeypatch.setattr("sweepjob.kube.loop_turns._SLICE", 0.0)
    limits = LogLimits(lines=1e9, size=1e12, share=1e6)
    readers, turns = Readers(Flood("score=N", 500), limits, lambda: CLOCK), Turns()
    readers.running = False
    await readers.finished.wait()
    assert turns.end() >= len(readers.values) == 500


async def test_lines_that_were_kept_while_others_were_skipped_let_others_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sweepjob.kube.loop_turns._SLICE", 0.0)
    readers = Readers(Flood("", 0), LogLimits(), lambda: CLOCK)
    turns = Turns()
    record = parse_pod(pod({"phase": "Running"}))
    where = LogPosition(0, 0)
    await readers.readers._report_all(record, [([("score", float(n))], where) for n in range(300)])
    assert turns.end() >= len(readers.values) == 300


async def test_lines_that_were_kept_are_read_on_after_an_interruption() -> None:
    """The stream may be cut off, or the reader cancelled, between two of them."""
    reading = LogReading(LogParser("score"), LogPosition())
    reading.skipping = True
    for line in LINES:
        reading.read_line(line)
    first, _ = next(reading.catch_up())
    left = [found for found, _ in reading.catch_up()]
    values = [value for _, value in itertools.chain(first, *left)]
    assert values == [float(n) for n in range(len(LINES))]
    assert list(reading.catch_up()) == []


async def test_lines_beyond_the_rate_are_skipped_and_reported() -> None:
    """The clock stands far behind the lines' time at first; then they grow old."""
    now = CLOCK
    flood = Flood("score=N", 60_000)
    limits = LogLimits(lines=1000.0, throttle_timeout=0.3, saved=1.0, share=1.0)
    readers = Readers(flood, limits, lambda: now)
    await until(lambda: len(readers.values) >= 500)
    now += 60.0  # what is read from here on is old
    readers.running = False
    async with asyncio.timeout(120):
        await readers.finished.wait()
    assert readers.values[:500] == [float(n) for n in range(1, 501)]
    assert readers.values[-100:] == [float(n) for n in range(59_901, 60_001)]
    found = readers.findings[-1]
    assert found.skipped_lines == 60_000 - len(readers.values) > 10_000
    [(reason, message)] = log_incomplete_reasons(found, "score")
    assert reason == "LogTooFast"
    assert f"{found.skipped_lines} lines" in message


async def test_a_throttled_reader_loses_nothing_before_its_timeout() -> None:
    limits = LogLimits(lines=10_000.0, saved=0.1, share=1.0)
    readers = Readers(Flood("score=N", 5000), limits, lambda: CLOCK)
    readers.running = False
    async with asyncio.timeout(120):
        await readers.finished.wait()
    assert readers.values == [float(n) for n in range(1, 5001)]
    assert readers.findings[-1].skipped_lines == 0


async def test_a_backlog_is_read_although_the_pod_has_ended() -> None:
    """The lines that wait in the stream may be in a file that was rotated away: opened again, the log
    does not have them."""

    class Rotated:
        async def read_log(self, *where: object, follow: bool) -> AsyncIterator[str]:
            for line in LINES[:8] if follow else LINES[8:]:
                yield line
                await asyncio.sleep(0.01)
            if follow:
                await asyncio.Event().wait()

    api: Any = Rotated()
    readers = Readers(api, LogLimits(), lambda: CLOCK)
    await until(lambda: readers.values)
    readers.running = False
    readers.readers.follow(ended(), LogParser("score"), 0)
    async with asyncio.timeout(120):
        await readers.finished.wait()
    assert readers.values == [float(n) for n in range(12)]


@pytest.mark.virtual_time
async def test_lines_that_came_while_the_process_did_not_run_are_read() -> None:
    """A stream of a pod that has ended is cut off when it is idle, not when the machine is busy."""

    loop = virtual_loop()

    class Busy:
        async def read_log(self, *where: object, follow: bool) -> AsyncIterator[str]:
            for line in LINES[:8] if follow else LINES[8:]:
                yield line
                await asyncio.sleep(0.01)
                # The next line comes while the process does not run, as does the end of the idle time.
                loop.call_later(0.05, loop.spend, 0.2)
                await asyncio.sleep(0.08)
            if follow:
                await asyncio.Event().wait()

    api: Any = Busy()
    readers = Readers(api, LogLimits(), lambda: CLOCK)
    await until(lambda: readers.values)
    readers.running = False
    readers.readers.follow(ended(), LogParser("score"), 0)
    async with asyncio.timeout(120):
        await readers.finished.wait()
    assert readers.values == [float(n) for n in range(12)]


async def test_a_read_error_is_reported_until_the_log_is_readable() -> None:
    class Forbidden:
        refused = True

        async def read_log(self, *_: object, follow: bool) -> AsyncIterator[str]:
            if self.refused:
                raise errors.Refused('403: pods "p" is forbidden')
            yield LINES[0]

    api = Forbidden()
    readers = Readers(api, LogLimits(), lambda: CLOCK)
    await until(lambda: readers.findings)
    assert "forbidden" in readers.findings[-1].error
    api.refused = readers.running = False
    async with asyncio.timeout(120):
        await readers.finished.wait()
    assert readers.findings[-1].error == ""
    assert readers.values == [0.0]


async def test_an_internal_error_in_a_line_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = LogParser.read

    def fails(self: LogParser, line: str, *, ends: bool = True) -> list[tuple[str, float]]:
        if "score=3" in line:
            raise RecursionError
        return usual(self, line, ends=ends)

    monkeypatch.setattr(LogParser, "read", fails)
    values, finished = await read(BreakingLog([]))
    assert values == [float(n) for n in range(12) if n != 3]
    assert finished == 1


async def test_a_log_is_read_once_the_permission_is_granted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_reader, "_NOT_PERMITTED_PAUSE", 0.0)
    refused = [0]

    class Shut(BreakingLog):
        async def read_log(self, *where: Any, follow: bool) -> AsyncIterator[str]:
            refused[0] += 1
            if refused[0] <= 50:  # more often than any other error is borne
                raise errors.NotPermitted("403", DeniedAccess("get", "", "pods/log"))
            async for line in super().read_log(*where, follow=follow):
                yield line

    values, finished = await read(Shut([]))
    assert values == [float(n) for n in range(12)]
    assert finished == 1
