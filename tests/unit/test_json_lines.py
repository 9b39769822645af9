"""What is said of a metrics file that is not one JSON object a line, and of files moved away unread."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.json_lines import JsonLines


@pytest.fixture
def store(tmp_path: Path) -> MetricStore:
    return MetricStore(Journal(tmp_path / "journal"), "score", "trial")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "metrics").mkdir()
    return tmp_path / "metrics" / "metrics.jsonl"


def values(store: MetricStore) -> list[float]:
    return list(store.batch(1).values)


def notices(store: MetricStore) -> str:
    return " ".join(notice.message for notice in store.notices)


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b'{"score": 0.', """'{"score": 0.'. Write one JSON object a line."""),
        (b"{'score': 0.5}\n", "'{'score': 0.5}'. JSON has double quotes: write json.dumps(...)"),
        (
            gzip.compress(b'{"score": 1}\n', mtime=0),
            "The file is compressed; write it uncompressed.",
        ),
        ('{"score": 1}\n'.encode("utf-16"), "The file is UTF-16; write it in UTF-8."),
        (b'[{"score": 1}]', "Write the objects of the list one a line"),
        (b'{\n  "score": 1\n}\n', "Write each JSON object in one line."),
        (b"epoch,score\n1,0.5\n", "'epoch,score'. Write one JSON object a line."),
        ('{"Genauigkeit für": '.encode(), """'{"Genauigkeit für":'"""),
    ],
)
def test_a_line_that_is_skipped_is_quoted_as_it_is(
    store: MetricStore, file: Path, content: bytes, remedy: str
) -> None:
    file.write_bytes(content)
    JsonLines(file, store).read(True)
    assert values(store) == []
    assert "at byte 0" in notices(store)
    assert remedy in notices(store)


@pytest.mark.parametrize("value", ['"0,93"', '"n/a"', "[0.5]", "true"])
def test_a_value_of_the_metric_that_is_no_number(
    store: MetricStore, file: Path, value: str
) -> None:
    line = f'{{"score": {value}}}'
    file.write_text(f'{{"score": 0.5}}\n{line}\n{line}\n')
    JsonLines(file, store).read(False)
    assert values(store) == [0.5]
    assert notices(store) == (
        f"'metrics.jsonl' has a value of 'score' that is not a number, at byte 15 and maybe later: "
        f"'{line}'. Write it like 1234.5."
    )


@pytest.mark.parametrize("line", ['{"score": null}', '{"note": "x", "ok": true}', "", "{}"])
def test_what_says_nothing_of_the_metric_is_passed_over(
    store: MetricStore, file: Path, line: str
) -> None:
    file.write_text(f"{line}\n")
    JsonLines(file, store).read(True)
    assert (values(store), notices(store)) == ([], "")


@pytest.mark.parametrize(
    ("line", "metric", "expected"),
    [
        ('{"val": {"acc": 0.5, "loss": 1}, "step": 3}', "val.acc", [0.5]),
        ('{"a": {"b": {"c": {"d": {"e": 1}}}}}', "a.b.c.d.e", [1.0]),
        ('{"val.acc": 0.25, "val": {"loss": 1}}', "val.acc", [0.25]),
        ('{"score": {"mean": 0.5, "std": 0.1}}', "score", []),
    ],
)
def test_numbers_of_objects_within_have_dotted_names(
    tmp_path: Path, file: Path, line: str, metric: str, expected: list[float]
) -> None:
    store = MetricStore(Journal(tmp_path / "journal"), metric, "trial")
    file.write_text(f"{line}\n")
    JsonLines(file, store).read(False)
    assert values(store) == expected
    if not expected:
        assert store.batch(1).metric_names == ("score.mean", "score.std")


def rotate(file: Path, name: str) -> None:
    file.rename(file.parent / name)


def test_what_was_written_before_a_file_was_moved_away_counts(
    store: MetricStore, file: Path
) -> None:
    reader = JsonLines(file, store)
    file.write_text('{"score": 1}\n')
    reader.read(False)
    with file.open("a") as more:
        more.write('{"score": 2}\n')
    rotate(file, "metrics.jsonl.1")
    with pytest.raises(FileNotFoundError):
        reader.read(False)
    assert values(store) == [1.0, 2.0]
    with pytest.raises(FileNotFoundError):
        reader.read(True)
    assert (values(store), notices(store)) == ([1.0, 2.0], "")


@pytest.mark.parametrize(
    "name",
    [
        "metrics.jsonl.1",
        "metrics.jsonl-20260101",
        "metrics.jsonl.2026-01-01_10:00",
        "metrics.jsonl.old",
    ],
)
@pytest.mark.parametrize("read_later", [True, False])
def test_a_file_that_was_moved_away_unread_is_named(
    store: MetricStore, file: Path, name: str, read_later: bool
) -> None:
    reader = JsonLines(file, store)
    file.write_text('{"score": 1}\n')
    rotate(file, name)
    if read_later:
        file.write_text('{"score": 2}\n')
        reader.read(True)
    else:
        with pytest.raises(FileNotFoundError):
            reader.read(True)
    assert f"The script moved '{name}' beside 'metrics.jsonl' away before" in notices(store)


def test_files_of_others_and_of_an_earlier_attempt_are_none(store: MetricStore, file: Path) -> None:
    for name in ("metrics.jsonl.tmp", "metrics.jsonl.gz", "metrics.jsonl2", "other.jsonl.1"):
        (file.parent / name).write_text('{"score": 9}\n')
    old = file.parent / "metrics.jsonl.1"
    old.write_text('{"score": 8}\n')
    os.utime(old, (time.time() - 60, time.time() - 60))
    (file.parent / "metrics.jsonl.2").touch()
    file.write_text('{"score": 1}\n')
    JsonLines(file, store).read(True)
    assert (values(store), notices(store)) == ([1.0], "")


def test_a_file_that_the_sidecar_before_read_was_read(tmp_path: Path, file: Path) -> None:
    file.write_text('{"score": 1}\n')
    JsonLines(file, MetricStore(Journal(tmp_path / "journal"), "score", "trial")).read(False)
    rotate(file, "metrics.jsonl.1")
    file.write_text('{"score": 2}\n')
    again = MetricStore(Journal(tmp_path / "journal"), "score", "trial")
    JsonLines(file, again).read(True)
    assert (values(again), notices(again)) == ([1.0, 2.0], "")
