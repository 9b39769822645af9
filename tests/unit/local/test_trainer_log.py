"""Tests the log of a trainer: lines of any length, and the termination message."""

from __future__ import annotations

import asyncio
import itertools
import os
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.kube.log_stream import MORE, log_lines
from sweepjob.local.log_pipe import OutputPipe
from sweepjob.local.termination_message import termination_message
from sweepjob.local.trainer_log import TrainerLog
from sweepjob.log_parsing.log_parser import LogParser, nanoseconds

from tests.processor_time import assert_within


async def followed(log: TrainerLog, after: float = 0.0) -> list[tuple[int, bytes]]:
    text = b"".join([chunk async for chunk in log.follow(after)])
    parts = [line.partition(b" ") for line in text.split(b"\n")[:-1]]
    return [(nanoseconds(stamp.decode()), line) for stamp, _, line in parts]


async def test_every_line_has_a_fixed_unique_timestamp(tmp_path: Path) -> None:
    log = TrainerLog(tmp_path / "log")
    live = asyncio.create_task(followed(log))
    for piece in (b"a\nb\n", b"c", b"", b"d\n\n", b"e"):
        log.append(piece)
        await asyncio.sleep(0.02)
    log.close()
    found = await live
    assert [line for _, line in found] == [b"a", b"b", b"cd", b"", b"e"]
    assert all(before < after for (before, _), (after, _) in pairwise(found))
    assert await followed(log) == found
    late = await followed(log, found[2][0] / 1e9)
    assert late == found[-len(late) :]
    assert {line for _, line in late} >= {b"cd", b"", b"e"}


async def test_many_lines_need_constant_memory_and_none_is_lost(tmp_path: Path) -> None:
    log = TrainerLog(tmp_path / "log")
    lines = [b"step %d" % number for number in range(50_000)]
    for start in range(0, len(lines), 100):
        log.append(b"\n".join(lines[start : start + 100]) + b"\n")
    log.close()
    found = await followed(log)
    assert [line for _, line in found] == lines
    assert len({at for at, _ in found}) == len(lines)


async def values_in(log: TrainerLog) -> list[float]:
    """Read lines as the operator does."""
    lines = LogParser("val_acc")
    found: list[tuple[str, float]] = []
    async for line in log_lines(log.follow(), follow=True):
        ends = not line.endswith(MORE)
        found += lines.read(line.removesuffix(MORE), ends=ends)
    return [value for name, value in found if name == "val_acc"]


def test_reading_an_endless_line_takes_linear_time(tmp_path: Path) -> None:
    files = itertools.count()
    bar = b"".join(b"\r%d/9999 loss=0.5 val_acc=0.25" % number for number in range(40_000))

    def read() -> None:
        log = TrainerLog(tmp_path / f"log-{next(files)}")
        for _ in range(15):  # 18 MB
            log.append(bar)
        log.append(b" end\nval_acc=0.5\n")
        log.close()
        assert asyncio.run(values_in(log)) == [0.25, 0.5]

    assert_within(5, read)


@given(
    st.lists(
        st.sampled_from([b"val_acc=0.5", b" loss=1 ", b"x" * 30_000, b" " * 70_000, b"\n"]),
        max_size=12,
    ),
)
@settings(max_examples=25, deadline=None)
def test_a_long_line_is_read_as_on_a_cluster(pieces: list[bytes]) -> None:
    """Lines are the same whether they are written in pieces or at once."""

    async def read() -> None:
        with TemporaryDirectory() as folder:
            whole, parts = TrainerLog(Path(folder) / "whole"), TrainerLog(Path(folder) / "parts")
            whole.append(b"".join(pieces))
            for piece in pieces:
                parts.append(piece)
            whole.close()
            parts.close()
            assert await values_in(whole) == await values_in(parts)
            told = b"".join([chunk async for chunk in parts.follow()])
            lines = b"".join(pieces).split(b"\n")
            lines = lines if lines[-1] else lines[:-1]
            assert [line.partition(b" ")[2] for line in told.split(b"\n")[:-1]] == lines

    asyncio.run(read())


async def test_text_after_64_kib_of_a_line_counts(tmp_path: Path) -> None:
    log = TrainerLog(tmp_path / "log")
    log.append(b" " * 70_000 + b"val_acc=0.5\n" + b"x" * 200_000 + b" val_acc=0.75\n")
    log.close()
    assert await values_in(log) == [0.5, 0.75]


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (b"", ""),
        (
            b"\n\n  Traceback\n    x\nValueError: no data\n\n",
            "  Traceback\n    x\nValueError: no data",
        ),
        (b"50%\r100%\r\nkilled\r\n", "100%\nkilled"),
        (b"\x1b[31mred\x1b[0m \x1b]0;title\x07text \x1b]8;;http://x\x1b\\link", "red text link"),
        (b"a\x00b\x07c\x7f\x9d", "a�b�c��"),
        ("right to left \u202e\u2066".encode(), "right to left ��"),
        (b"tab\there \xff\xfe", "tab\there ��"),
        (b"\x1b[2K\x1b[1A\x1bM\x1b(Bdone", "done"),
        ("中文 é 🎉".encode(), "中文 é 🎉"),
    ],
)
def test_the_termination_message_is_printable(printed: bytes, shown: str) -> None:
    assert termination_message(printed) == shown


def test_the_termination_message_has_the_kubelets_limits() -> None:
    many = b"".join(b"line %d\n" % number for number in range(500))
    assert termination_message(many).split("\n") == [f"line {number}" for number in range(420, 500)]
    wide = termination_message(
        b"".join(b"%d " % number + b"x" * 300 + b"\n" for number in range(50))
    )
    assert len(wide.encode()) <= 2048
    assert [line.split()[0] for line in wide.split("\n")] == ["44", "45", "46", "47", "48", "49"]
    single = termination_message("é".encode() * 5000)
    assert single == "é" * 1024
    assert termination_message(b"\r%50s" % b"x" * 10_000 + b"\nKeyError: 1").endswith(
        "x\nKeyError: 1"
    )


async def test_output_before_the_end_counts_and_delays_nothing(tmp_path: Path) -> None:
    log = TrainerLog(tmp_path / "log")
    output = OutputPipe(log, lambda error: None)
    holder = os.dup(output.write_end)  # a child process that has inherited the pipe
    os.write(output.write_end, b"val_acc=0.5\n" * 1000)
    output.close()
    log.close()
    assert len(await followed(log)) == 1000
    with pytest.raises(BrokenPipeError):
        os.write(holder, b"late")
    os.close(holder)


def full(data: bytes) -> None:
    raise OSError(28, "No space left on device")


async def test_an_unwritable_log_is_reported_once(tmp_path: Path) -> None:
    log = TrainerLog(tmp_path / "log")
    errors: list[Exception] = []
    log.append = full  # type: ignore[method-assign]  # a full disk
    output = OutputPipe(log, errors.append)
    for _ in range(3):
        os.write(output.write_end, b"val_acc=0.5\n")
        await asyncio.sleep(0.01)
    output.close()
    assert [str(error) for error in errors] == ["[Errno 28] No space left on device"]
