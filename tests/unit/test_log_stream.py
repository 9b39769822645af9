"""Lines of a log from an answer in chunks: all of them, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.kube import log_stream
from sweepjob.kube.log_stream import LONGEST, MORE, log_lines
from sweepjob.log_parsing.log_parser import LogParser

from tests.processor_time import assert_within

STAMP = b"2026-01-01T00:00:00.000000000Z "


async def chunks_of(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def lines_of(chunks: Iterable[bytes], *, follow: bool = False) -> list[str]:
    return [line async for line in log_lines(chunks_of(chunks), follow=follow)]


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[n : n + size] for n in range(0, len(data), size)]


async def reports(data: bytes, size: int, metric: str = "val_acc") -> list[float]:
    """What is reported by a log, in chunks of a size."""
    found, lines, within = list[float](), LogParser(metric), False
    for line in await lines_of(pieces(data, size)):
        more = line.endswith(MORE)
        text = line.removesuffix(MORE)
        if not within:
            text = text.partition(" ")[2]
        within = more
        found += [value for name, value in lines.read(text, ends=not more) if name == metric]
    return found


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b)), st.integers(1, 50))
@settings(deadline=None)
async def test_lines_do_not_depend_on_chunk_boundaries(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert await lines_of(pieces(data, size)) == [line.decode(errors="replace") for line in lines]


async def test_an_unterminated_line_counts_only_at_the_end() -> None:
    """A stream that ends within a line is read again from there: `0.9` may become `0.95`."""
    chunks = [STAMP + b"val_acc=0.5\n" + STAMP + b"val_acc=0.9"]
    assert len(await lines_of(chunks, follow=True)) == 1
    assert len(await lines_of(chunks, follow=False)) == 2


@pytest.mark.parametrize("size", [1000, 65536, 10_000_000])
@pytest.mark.parametrize("before", [0, 100, LONGEST - 50, LONGEST - 40, LONGEST - 36, 2_000_000])
@pytest.mark.parametrize("behind", [0, 2_000_000])
async def test_a_value_in_a_line_of_megabytes_is_found(size: int, before: int, behind: int) -> None:
    data = STAMP + b"x" * before + b" val_acc=0.125 " + b"y" * behind + b"\n"
    assert await reports(data, size) == [0.125]


async def test_a_cut_line_never_cuts_a_number() -> None:
    for start in range(LONGEST - 80, LONGEST + 5):
        data = STAMP + b"x" * (start - len(STAMP)) + b" val_acc=0.123456789012345678 z\n"
        assert await reports(data, 100_000) == [0.123456789012345678], start
        data = STAMP + b"x" * (start - len(STAMP)) + b" best_val_acc=0.5" + b"z" * LONGEST + b"\n"
        assert await reports(data, 100_000) == [], start


def test_the_last_state_of_a_long_progress_bar_counts() -> None:
    bar = b"".join(b"\r%d/400 [loss=0.1, val_acc=0.%d]   " % (n, n) for n in range(100_000))
    data = STAMP + bar + b"\n" + STAMP + b"val_acc=0.5\n"

    def read() -> None:
        assert asyncio.run(reports(data, 65536)) == [0.99999, 0.5]

    assert_within(1.0, read)


async def test_memory_is_bounded_however_long_a_line_is(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0
    cut = log_stream._cut

    def watched(line: bytes) -> int:
        nonlocal longest
        longest = max(longest, len(line))
        return cut(line)

    monkeypatch.setattr(log_stream, "_cut", watched)
    lines = await lines_of([STAMP, *[b"x" * 65536] * 300, b"\n"])
    assert longest <= 2 * LONGEST
    assert max(map(len, lines)) <= LONGEST + 1


async def test_a_multibyte_character_is_not_cut() -> None:
    data = STAMP + "é".encode() * LONGEST + b"\n"
    lines = await lines_of([data])
    assert not any("\ufffd" in line for line in lines)
