"""Which lines of a log are new: neither lost nor counted twice, wherever its stream breaks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.log_parsing.position import LineCounter, LogPosition

SECOND = 10**9


def read(counter: LineCounter, log: list[int], until: int | None = None) -> list[int]:
    """Numbers of the lines that are new, of a stream that begins where the API server would begin: with
    the second of the position's time, less a second."""
    since = counter.position.since // SECOND * SECOND
    counter.restart()
    lines = [n for n, time in enumerate(log[:until]) if time >= since]
    return [n for n in lines if counter.is_new(log[n])]


CONMON = [1 * SECOND, 1 * SECOND, 1 * SECOND, 2 * SECOND + 7, 2 * SECOND + 7, 3 * SECOND]
EXCHANGED = [1 * SECOND, 2 * SECOND + 5, 2 * SECOND + 3, 2 * SECOND + 4, 3 * SECOND + 1, 3 * SECOND]
ONE_TIME = [5] * 6


@pytest.mark.parametrize("log", [CONMON, EXCHANGED, ONE_TIME])
def test_each_line_counts_once_wherever_the_stream_breaks(log: list[int]) -> None:
    for breaks in itertools.product(range(len(log) + 1), repeat=3):
        counter = LineCounter(LogPosition())
        new = [n for until in [*breaks, len(log)] for n in read(counter, log, until)]
        assert new == list(range(len(log))), breaks


@pytest.mark.parametrize("log", [CONMON, EXCHANGED, ONE_TIME])
def test_a_restarted_operator_resumes_after_the_recorded_position(log: list[int]) -> None:
    for recorded in range(1, len(log) + 1):
        first = LineCounter(LogPosition())
        read(first, log, recorded)
        again = LineCounter(LogPosition(*first.position))
        assert read(again, log) == list(range(recorded, len(log)))


def test_a_record_without_a_count_resumes_after_the_first_line() -> None:
    assert read(LineCounter(LogPosition(2 * SECOND + 7)), CONMON) == [4, 5]


def test_a_rotation_between_streams_repeats_no_line() -> None:
    for recorded, kept in itertools.product(range(1, 7), range(7)):
        counter = LineCounter(LogPosition())
        read(counter, CONMON, recorded)
        new = [kept + n for n in read(counter, CONMON[kept:])]
        # A runtime writes the lines of one time into one file.
        if kept == 0 or CONMON[kept - 1] != CONMON[min(kept, 5)]:
            assert new == list(range(max(recorded, kept), 6)), (recorded, kept)


def test_a_file_that_the_kubelet_reads_again_in_the_same_stream_counts_once() -> None:
    counter = LineCounter(LogPosition())
    log = [SECOND * n for n in (1, 5, 5, 9)]
    assert [counter.is_new(time) for time in log] == [True] * 4
    assert [counter.is_new(time) for time in log] == [False] * 4
    assert counter.is_new(10 * SECOND)


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=6),
    st.booleans(),
)
@settings(deadline=None)
def test_any_breaks_and_restarts_of_any_log(
    steps: list[int], breaks: list[int], restarts: bool
) -> None:
    """Times that go on by 0 to 2 s, each line up to 0.9 s before the latest one."""
    times, latest = [], 10 * SECOND
    for step in steps:
        latest += step * SECOND // 2
        times.append(latest - step * SECOND // 5)
    counter, new = LineCounter(LogPosition()), list[int]()
    for until in [*breaks, len(times)]:
        new += read(counter, times, until)
        if restarts:
            counter = LineCounter(LogPosition(*counter.position))
    assert new == list(range(len(times)))
