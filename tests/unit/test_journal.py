"""The sidecar's journal where the disk is full for a while."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.mlflow.database import Database


class FullDisk:
    """A file on a disk with little space.

    Args:
        file: the real file.
        space: bytes that can be written.
    """

    def __init__(self, file: Any, space: int) -> None:
        self.file = file
        self.space = space

    def write(self, data: bytearray) -> int:
        if not self.space:
            raise OSError(errno.ENOSPC, "No space left on device")
        written: int = self.file.write(bytes(data[: self.space]))
        self.space -= written
        return written


@pytest.mark.parametrize("space", [0, 1, 15, 16, 17, 40, 100])
def test_reports_go_on_and_are_written_when_there_is_space(
    tmp_path: Path, space: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    disk = FullDisk(journal._file, space)
    journal._file = disk  # type: ignore[assignment] # a fake
    store = MetricStore(journal, "score", "trial")
    for n in range(20):
        store.add_report("score", n / 8)
    assert store.batch(1).values == tuple(n / 8 for n in range(20))
    assert all("value" in entry for entry in journal.entries()), (
        "of the last line a part is written"
    )
    # A restart now: what was written is whole, and in its order.
    restarted = MetricStore(Journal(tmp_path / "journal"), "score", "trial")
    known = restarted.batch(1).values
    assert known == tuple(n / 8 for n in range(len(known)))
    assert len(known) < 20


def test_what_was_not_written_is_written_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(tmp_path / "journal")
    disk = FullDisk(journal._file, 45)
    journal._file = disk  # type: ignore[assignment] # a fake
    store = MetricStore(journal, "score", "trial")
    for n in range(20):
        store.add_report("score", n / 8)
    disk.space = 10_000
    store.add_report("score", 9.0)
    again = MetricStore(Journal(tmp_path / "journal"), "score", "trial")
    assert again.batch(1).values == (*(n / 8 for n in range(20)), 9.0)
    said = capsys.readouterr().err
    assert said.count("the journal cannot be written: [Errno 28] No space left on device") == 1
    assert "the journal is written again" in said


class FullAtCommit:
    """A connection whose commits find the disk full."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, text: str, *parameters: Any) -> sqlite3.Cursor:
        if text == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(text, *parameters)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction


def test_a_report_that_counts_is_not_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    """A client repeats a request that was answered with an error: its report would count twice."""
    database, reports = Database(), list[float]()
    database._connection = FullAtCommit(database._connection)  # type: ignore[assignment] # a fake
    with database.transaction():
        database.before_commit(lambda: reports.append(0.5))
    assert reports == [0.5]
    assert "its reports count: database or disk is full" in capsys.readouterr().err
    with pytest.raises(sqlite3.OperationalError, match="disk is full"), database.transaction():
        pass  # a request without reports can be repeated
    with pytest.raises(sqlite3.OperationalError), database.transaction():
        pass  # no transaction has been left open
