"""Files that nobody expects: what is not read of them is said."""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.follower import Follower
from sweepjob.sidecar.sources.json_lines import JsonLines
from sweepjob.sidecar.sources.tensorboard.crc32c import masked_crc32c
from sweepjob.sidecar.sources.tensorboard.event_files import EventFiles
from sweepjob.sidecar.sources.tensorboard.event_records import (
    DamagedFile,
    MalformedRecord,
    read_records,
)

from tests.processor_time import best_of

from .event_files import VERSION, append, event, field, framed, image, log, scalar, tensor, varint


def store_in(folder: Path) -> MetricStore:
    return MetricStore(Journal(folder / "journal"), "score", "trial")


def values(store: MetricStore) -> list[float]:
    return list(store.batch(1).values)


def said(store: MetricStore) -> str:
    assert all(n.reason == protocol.REPORTS_INCOMPLETE for n in store.notices)
    return " ".join(notice.message for notice in store.notices)


def read_events(folder: Path, *, last: bool = True) -> MetricStore:
    store = store_in(folder.parent)
    EventFiles(folder, store).read(last)
    return store


@contextlib.contextmanager
def as_another_user() -> Iterator[None]:
    """What root's files look like to the sidecar."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can enter, with one for logs in it."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o777)
        (Path(made) / "logs").mkdir(mode=0o755)
        yield Path(made) / "logs"


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (struct.pack("<QI", 2**31, masked_crc32c(struct.pack("<Q", 2**31))), "is cut off"),
        (struct.pack("<QI", 2**63, masked_crc32c(struct.pack("<Q", 2**63))), "is cut off"),
        (struct.pack("<QI", 12, 77) + bytes(100), "no record at byte"),
        (bytes(50), "no record at byte"),
        (event(scalar("score", 9))[:-3], "is cut off"),
        (b"\x01", "is cut off"),
    ],
)
def test_an_unreadable_rest_of_a_file_is_reported(folder: Path, tail: bytes, words: str) -> None:
    file = log(folder, "run", "score", [1, 2])
    with file.open("ab") as more:
        more.write(tail)
    store = read_events(folder)
    assert values(store) == [1, 2]
    assert words in said(store)
    assert f"'run/{file.name}'" in said(store)


def test_a_damaged_record_is_skipped_and_reported(folder: Path) -> None:
    damaged = bytearray(event(scalar("score", 2)))
    damaged[-6] ^= 1  # in the number: the checksum is wrong now
    append(folder, "", event(scalar("score", 1)), framed(b"\xff" * 30), bytes(damaged))
    log(folder, "", "score", [3])
    store = read_events(folder)
    assert values(store) == [1, 3]
    assert "its checksum does not match" in said(store)
    assert "damaged" in said(store_in(folder.parent)), "it is known after a restart"


def test_files_of_other_formats(folder: Path) -> None:
    (folder / "notes.tfevents").write_text("not one, although it is called so\n")
    log(folder, "run", "score", [1])
    store = read_events(folder)
    assert values(store) == [1]
    assert "'notes.tfevents' is damaged, or not an event file" in said(store)


def test_a_record_that_grows_slowly(folder: Path) -> None:
    store = store_in(folder.parent)
    reader = EventFiles(folder, store)
    whole = VERSION + event(scalar("score", 1)) + image(5000) + event(tensor("score", 2))
    for length in range(0, len(whole), 7):
        (folder / "tfevents").write_bytes(whole[:length])
        reader.read(False)
        assert store.notices == ()
    (folder / "tfevents").write_bytes(whole)
    reader.read(True)
    assert values(store) == [1, 2]
    assert store.notices == ()


def test_an_unreadable_file_does_not_stop_the_others(folder: Path) -> None:
    hidden = log(folder, "a", "score", [9])
    log(folder, "b", "score", [1])
    hidden.chmod(0)
    (folder / "closed").mkdir(mode=0)
    with as_another_user():
        store = read_events(folder, last=False)
        assert values(store) == [1]
        assert f"'a/{hidden.name}' could not be read: Permission denied." in said(store)
        assert "securityContext.runAsUser" in said(store)
        assert "1 more" in said(store)
    hidden.chmod(0o644)
    (folder / "closed").chmod(0o755)
    reader = EventFiles(folder, store)
    reader.read(False)
    # Now two runs have it: the reason is another one.
    assert [n.reason for n in store.notices] == [protocol.AMBIGUOUS_METRIC]


def test_an_unreadable_jsonl_file(folder: Path) -> None:
    file = folder / "metrics.jsonl"
    file.write_text('{"score": 1}\n')
    file.chmod(0)
    store = store_in(folder.parent)
    reader = JsonLines(file, store)
    with as_another_user():
        reader.read(False)
    assert "'metrics.jsonl' could not be read: Permission denied." in said(store)
    file.chmod(0o644)
    with as_another_user():
        reader.read(False)
    assert (values(store), store.notices) == ([1], ())


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _secret(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_pipe, "not a regular file"),
        (Path.mkdir, "is a folder"),
        (_secret, "leads out of its folder"),
        (_loop, ""),
    ],
)
def test_folders_pipes_and_links_in_place_of_a_file(
    folder: Path, make: Callable[[Path], None], words: str
) -> None:
    make(folder / "metrics.jsonl")
    make(folder / "x.tfevents")
    log(folder, "run", "score", [1])
    lines, events = store_in(folder), store_in(folder.parent)
    reading = threading.Thread(target=JsonLines(folder / "metrics.jsonl", lines).read, args=(True,))
    reading.start()
    reading.join(30)
    assert not reading.is_alive(), "nothing is waited for"
    assert words in said(lines)
    assert lines.notices
    EventFiles(folder, events).read(True)
    assert values(events) == [1]


def test_errors_are_reported_and_retried(folder: Path) -> None:
    store = store_in(folder)
    tries: list[bool] = []

    def read(last: bool) -> None:
        tries.append(last)
        if not last:
            raise ZeroDivisionError("nobody thought of it")

    follower = Follower(read, store)
    follower.start()
    while len(tries) < 2:
        time.sleep(0.01)
    assert "nobody thought of it" in said(store)
    follower.finish()
    assert tries[-1]
    assert store.notices == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([b'{"score": 0.25}\n', b'{"score": 0.50}\n', b'{"score": 0.75}\n'], [0.25, 0.5, 0.75]),
        ([b'{"score": 0.25}', b'{"score": 0.50}', b'{"score": 0.75}'], [0.25, 0.5, 0.75]),
        ([b'{"score": 1}\n{"score": 2}\n', b'{"score": 3}\n'], [1, 2, 3]),
        ([b'{"score": 1}\n', b'{"score": 2}\n{"score": 3}\n'], [1, 2, 3]),
    ],
)
@pytest.mark.parametrize("replace", [True, False])
def test_a_file_with_the_newest_metrics_only(
    folder: Path, written: list[bytes], expected: list[float], *, replace: bool
) -> None:
    store = store_in(folder)
    file = folder / "metrics.jsonl"
    reader = JsonLines(file, store)
    for content in written:
        if replace:
            (folder / "new").write_bytes(content)
            (folder / "new").rename(file)
        else:
            file.write_bytes(content)
        reader.read(False)
        reader.read(False)
        time.sleep(0.01)  # the kernel's clock of files ticks every few milliseconds
    reader.read(True)
    assert values(store) == expected
    assert store.notices == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'\xef\xbb\xbf{"score": 0.5}\r', [0.5]),
        (b'{"score": 1e999, "n": -1e999}', [math.inf]),
        (b'{"score": ' + b"1" * 100_000 + b"}", [math.inf]),
        (b'{"score": "0.5", "na\xefve": 1}', [0.5]),
        (b'{"score": null}', []),
        (b'{"score": {"score": 1}}', []),
        (b'{"score": 1, "score": 2}', [2]),
    ],
)
def test_malformed_lines(folder: Path, line: bytes, expected: list[float]) -> None:
    file = folder / "metrics.jsonl"
    file.write_bytes(line + b"\n")
    store = store_in(folder)
    JsonLines(file, store).read(False)
    assert values(store) == expected
    assert store.notices == ()


@pytest.mark.parametrize(
    "line", [b"epoch,score", b'{"score": 1} {"score": 2}', b"[" * 100_000, b"[1]", b"\0\0\0"]
)
def test_skipped_lines_are_reported(folder: Path, line: bytes) -> None:
    file = folder / "metrics.jsonl"
    file.write_bytes(b'{"score": 1}\n' + line + b"\n" + b'{"score": 3}\n' + line + b"\n")
    store = store_in(folder)
    JsonLines(file, store).read(False)
    assert values(store) == [1, 3]
    assert "is not a JSON object and was skipped" in said(store)
    assert "the one at byte 13" in said(store)


@settings(deadline=None)
@given(data=st.binary(max_size=300), framing=st.booleans(), cut=st.integers(0, 300))
def test_any_bytes_in_an_event_file(data: bytes, framing: bool, cut: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "logs"
        folder.mkdir()
        whole = VERSION + (framed(data) + event(scalar("score", 1)) if framing else data)
        (folder / "tfevents").write_bytes(whole)
        store = read_events(folder)
        if framing:
            assert values(store)[-1:] == [1]
        (folder / "tfevents").write_bytes(whole[: max(0, len(whole) - cut)])
        read_events(folder)


_MESSAGES = st.recursive(
    st.binary(max_size=20),
    lambda inner: st.lists(
        st.tuples(st.integers(1, 12), inner | st.integers(0, 2**64) | st.floats(width=32)),
        max_size=5,
    ).map(lambda fields: b"".join(field(n, c) for n, c in fields)),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    message=_MESSAGES, flips=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3)
)
def test_any_message_is_read_to_its_end_or_refused(
    message: bytes, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(framed(message))
    for position, byte in flips:
        data[position % len(data)] = byte
    with tempfile.TemporaryFile() as file:
        file.write(data)
        with contextlib.suppress(DamagedFile):
            for record in read_records(file, 0):
                assert record.end <= len(data)
                with contextlib.suppress(MalformedRecord):
                    for logged in record.values():
                        assert logged.tag


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(
    lines=st.lists(st.binary(max_size=60) | _JSON.map(lambda j: json.dumps(j).encode()), max_size=8)
)
def test_any_lines(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        file = folder / "metrics.jsonl"
        file.write_bytes(b"\n".join([*lines, b'{"score": 0.5}']))
        store = store_in(folder)
        JsonLines(file, store).read(True)
        assert values(store)[-1:] == [0.5]


def test_time_is_linear_in_the_size() -> None:
    """Twenty times as many fields take less than eighty times as long."""

    def seconds(count: int) -> float:
        with tempfile.TemporaryFile() as file:
            file.write(event(*[scalar("x", n) for n in range(count)]))

            def read() -> None:
                for record in read_records(file, 0):
                    assert sum(1 for _ in record.values()) == count

            return best_of(3, read)

    assert seconds(40_000) < 80 * max(seconds(2_000), 0.001)


def test_checksum() -> None:
    # From RFC 3720, B.4, and with TensorFlow's mask.
    for data, crc in (
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (b"123456789", 0xE3069283),
    ):
        assert masked_crc32c(data) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    noise = random.Random(0).randbytes(100)
    assert masked_crc32c(noise) != masked_crc32c(noise[:-1])
    assert varint(300) == b"\xac\x02"
