"""A pattern of a sweep's own, and any line: the event loop is not held for long, and what is not read is said."""

from __future__ import annotations

import time

import pytest
from sweepjob.log_parsing.log_parser import LogParser

from tests.processor_time import TRIES, assert_within

PATTERNS = {
    "a long repetition": r"(?P<value>.{0,1000}x)",
    "one in the middle": r"(?P<value>[0-9])(?:.{0,400}y)?",
    "alternatives": "(?P<value>" + "|".join(f".{{0,100}}{chr(97 + n)}" for n in range(20)) + ")",
    "to the end": r"(?P<value>[0-9])(?:.*y)?",
    "letters": r"(?P<value>\pL{0,10}x)",
    "nothing": r"(?P<value>)",
    "groups": r"(?P<value>[0-9])" + "(a?)" * 200 + "z",
}
LINES = [
    "a" * 65_000,
    "é" * 32_000,
    "1" * 65_000,
    "1 " * 32_000,
    "1\u0444" * 20_000,
    "a" * 4000,
    "é" * 2000,
]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_no_line_takes_long(pattern: str, line: str) -> None:
    parsers = [LogParser("acc", pattern, time.thread_time) for _ in range(TRIES)]
    for parser in parsers:
        parser.read("a line")
    assert_within(0.05, lambda: parsers.pop().read(line))


def test_a_line_that_is_too_long_for_a_pattern_is_said() -> None:
    parser = LogParser("acc", r"acc=(?P<value>\S+) .{0,1000}x")
    assert parser.read("acc=0.5 x") == [("acc", 0.5)]
    assert parser.unreadable_values == 0
    assert parser.read("acc=0.5 x" + " " * 60_000) == [("acc", 0.5)], (
        "blanks at the end do not count"
    )
    assert parser.read("acc=0.5 x" + "y" * 60_000) == []
    assert parser.unreadable_values == 1
    assert parser.unreadable_sample


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?:\[[^\]]*\]\s*)?(?P<name>[\w./-]+)\s*[:=]\s*(?P<value>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)",
        r"(?P<name>\w+)=(?P<value>\S+)",
        r"acc[:=](?P<value>\S+)",
    ],
)
def test_a_usual_pattern_reads_lines_of_any_length(pattern: str) -> None:
    parser = LogParser("acc", pattern)
    assert ("acc", 0.5) in parser.read("acc=0.5 " + "y" * 60_000)
    assert parser.unreadable_values == 0


def test_matches_that_take_long_end_before_the_last_one() -> None:
    """The last one would count, so none does: it is said."""
    seconds = iter(range(100))
    parser = LogParser("acc", r"acc=(?P<value>\S+)", lambda: float(next(seconds)))
    assert parser.read("acc=1 acc=2 acc=3") == []
    assert parser.unreadable_values == 1
