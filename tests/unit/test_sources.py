"""The sidecar's sources besides MLflow: what is written to them is reported, exactly once."""

from __future__ import annotations

import json
import math
import re
import struct
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.json_lines import JsonLines
from sweepjob.sidecar.sources.open_file_watch import OpenFiles
from sweepjob.sidecar.sources.pushgateway import PushGateway, UnsupportedPush, samples
from sweepjob.sidecar.sources.tensorboard.event_files import EventFiles

from tests.processor_time import assert_within
from tests.waiting import wait_until


def store(folder: Path) -> MetricStore:
    """A metric store on the journal in a folder, as after a start of the sidecar."""
    return MetricStore(Journal(folder / "journal"), "score", "trial")


def values(taken: MetricStore) -> list[float]:
    return list(taken.batch(1).values)


def test_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    taken = store(tmp_path)
    reader = JsonLines(file, taken)
    with pytest.raises(FileNotFoundError):
        reader.read(False)  # the trainer has not begun to write
    lines = [
        '{"epoch": 1, "score": 0.5, "note": "x", "ok": true}',
        "no json",
        "",
        '["score", 9]',
        '{"loss": 0.1}',
        '{"score": "NaN"}',
        '{"score": NaN, "loss": 1}',
    ]
    file.write_text("\n".join(lines) + '\n{"score": 0.')
    reader.read(False)
    assert str(values(taken)) == "[0.5, nan, nan]"
    with file.open("a") as more:
        more.write('75}\n{"score": 1}')
    reader.read(False)
    assert values(taken)[3:] == [0.75]
    reader.read(True)  # the last line has no end, and the trainer is gone
    assert values(taken)[3:] == [0.75, 1.0]
    assert taken.batch(1).metric_names == ("epoch", "score", "loss")


def test_a_restarted_sidecar_resumes(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text('{"score": 1}\n{"score": 2}\n')
    JsonLines(file, store(tmp_path)).read(False)
    with file.open("a") as more:
        more.write('{"score": 3}\n')
    again = store(tmp_path)
    JsonLines(file, again).read(False)
    assert values(again) == [1, 2, 3]


def test_a_rewritten_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    taken = store(tmp_path)
    reader = JsonLines(file, taken)
    file.write_text('{"score": 1, "padding": "xxxxxxxxxxxxxxx"}\n')
    reader.read(False)
    file.write_text('{"score": 2}\n')
    reader.read(False)
    assert values(taken) == [1, 2]


@given(
    reports=st.lists(st.floats(allow_nan=False), max_size=20),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    restarts=st.booleans(),
)
def test_each_line_counts_once_however_the_file_grows(
    reports: list[float], cuts: list[int], restarts: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("growing")
    whole = "".join(json.dumps({"score": value}) + "\n" for value in reports)
    file = folder / "metrics.jsonl"
    taken = store(folder)
    reader = JsonLines(file, taken)
    for cut in [*sorted(min(c, len(whole)) for c in cuts), len(whole)]:
        file.write_text(whole[:cut])
        reader.read(False)
        if restarts:
            taken = store(folder)
            reader = JsonLines(file, taken)
    assert values(taken) == reports


def record(event: bytes) -> bytes:
    """A record of an event file, of a writer that leaves the checksums out."""
    return struct.pack("<QI", len(event), 0) + event + bytes(4)


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def simple(tag: str, value: float) -> bytes:
    scalar = field(1, tag.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", value)
    return record(bytes([1 << 3 | 1]) + bytes(8) + field(5, field(1, scalar)))


def tensor(tag: str, value: float, *, double: bool = False) -> bytes:
    kind, form = (2, "<d") if double else (1, "<f")
    content = bytes([1 << 3, kind]) + field(4, struct.pack(form, value))
    return record(field(5, field(1, field(1, tag.encode()) + field(8, content))))


def test_event_files(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    (folder / "validation").mkdir(parents=True)
    taken = store(tmp_path)
    reader = EventFiles(folder, taken)
    header = record(field(3, b"brain.Event:2"))
    first = folder / "events.out.tfevents.1.host"
    first.write_bytes(
        header + simple("loss", 3.0) + simple("score", 0.25) + simple("score", 0.5)[:9]
    )
    (folder / "notes.txt").write_text("not one")
    reader.read(False)
    assert values(taken) == [0.25]
    first.write_bytes(header + simple("loss", 3.0) + simple("score", 0.25) + simple("score", 0.5))
    second = folder / "validation" / "events.out.tfevents.2.host"
    second.write_bytes(header + tensor("score", 0.75) + tensor("score", 1.5, double=True))
    third = folder / "events.out.tfevents.3.host"
    third.write_bytes(header + tensor("score", 0.75) + tensor("score", 1.5, double=True))
    reader.read(False)
    reader.read(True)
    assert values(taken) == [0.25, 0.5, 0.75, 1.5], "those of the folder itself, file by file"
    again = store(tmp_path)
    EventFiles(folder, again).read(True)
    assert values(again) == [0.25, 0.5, 0.75, 1.5]
    assert again.batch(1).metric_names == ("loss", "score", "validation/score")
    assert again.notices == ()


@given(data=st.binary(max_size=200))
def test_any_event_file_can_be_read(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("noise")
    (folder / "tfevents").write_bytes(data + record(data))
    taken = store(folder)
    EventFiles(folder, taken).read(True)
    assert values(taken) == [], "noise has no report"


def test_pushes(tmp_path: Path) -> None:
    taken = store(tmp_path)
    gateway = PushGateway(taken)
    text = b'# HELP score s\n# TYPE score gauge\nscore 0.5\nloss{split="val"} 1e-3\n'
    gateway.push(text, "text/plain")
    gateway.push(text, "text/plain")
    assert values(taken) == [0.5, 0.5]  # every push is a report
    assert set(taken.batch(1).metric_names) == {"score", "loss", 'loss{split="val"}'}


def test_one_of_several_samples_is_named_with_its_labels() -> None:
    text = 'score{split="a b",n="1"} 1\nscore{split="c"} +Inf 1700000000\nup 1\nhalf a line'
    assert samples(text) == [
        ('score{split="a b",n="1"}', 1.0),
        ('score{split="c"}', math.inf),
        ("up", 1.0),
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"val.acc"} 0.5', [("val.acc", 0.5)]),
        (
            '{ "准确率" , split="a b" } 0.5 1700000000',
            [("准确率", 0.5), ('准确率{split="a b"}', 0.5)],
        ),
        (r'{"a \"b\" \\ c"} 1', [('a "b" \\ c', 1.0)]),
        ('{"a}"} 1', [("a}", 1.0)]),
        ('{split="x"} 1', []),
        ('{""} 1', []),
    ],
)
def test_a_name_in_quotes(line: str, found: list[tuple[str, float]]) -> None:
    assert samples(line) == found


def test_a_push_in_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedPush, match="not protobuf"):
        PushGateway(store(tmp_path)).push(b"\x0a\x05score", "application/vnd.google.protobuf")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("score 0,5", "no number in place of a value of 'score'"),
        ("score high\nloss 0.5", "no number in place of a value of 'score'"),
        ('score{a="1"} 0x1p-2', "no number in place of a value of 'score'"),
        ("score 0.5 0.6", "not in Prometheus' text format and was skipped"),
        ("score=0.5", "'score=0.5'"),
        ("score\x1b[2J", r"'score\\x1b\[2J'"),
    ],
)
def test_what_a_push_has_besides_numbers_is_said(tmp_path: Path, text: str, words: str) -> None:
    taken = store(tmp_path)
    PushGateway(taken).push(text.encode(), "text/plain")
    (notice,) = taken.notices
    assert notice.reason == protocol.REPORTS_INCOMPLETE
    assert re.search(words, notice.message)
    assert values(taken) == []


def test_another_metric_that_is_no_number_is_no_notice(tmp_path: Path) -> None:
    taken = store(tmp_path)
    PushGateway(taken).push(b"# note\n\nloss high\nscore 0.5\r\n  up\t1 \n", "text/plain")
    assert (values(taken), taken.notices) == ([0.5], ())


@pytest.mark.parametrize(
    "line",
    [
        "a" + " " * 200_000 + "x y z",
        '{"a"' + " " * 200_000 + "x",
        "a{} " + "} " * 100_000 + "x y z",
    ],
)
def test_a_line_of_blanks_takes_linear_time(line: str) -> None:
    assert samples(line) == []
    assert_within(1, lambda: samples(line))


def test_a_closed_file_is_no_longer_held_open(tmp_path: Path) -> None:
    files = OpenFiles(tmp_path, threading.Condition())
    files.start()
    with (tmp_path / "short").open("w") as short:
        short.write("a line of one that opens its file for each")
    folder = tmp_path / "run"
    folder.mkdir()
    time.sleep(0.2)
    with (folder / "long").open("w") as long:
        long.write("a")
        long.flush()
        wait_until(lambda: files.first_write is not None)
        assert not files.let_go
        time.sleep(1.1)
        assert not files.let_go
        (folder / "long").read_text()  # reading is no writing
    wait_until(lambda: files.let_go)
    with (tmp_path / "other").open("w") as other:
        other.write("it goes on")
        other.flush()
        wait_until(lambda: not files.let_go)
    wait_until(lambda: files.let_go)
