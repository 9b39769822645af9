"""The data of the tracking server: an SQLite file on the pod's emptyDir.

With a file, the sidecar's memory is bounded whatever the script logs, and the data survives a restart
of the sidecar. Writes are in the kernel before a call returns: they survive the process, not the node.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Bytes. The emptyDir has 256 MiB, which the journal shares.
BUDGET = 96 * 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, name TEXT, user TEXT, status TEXT,
    started INTEGER, ended INTEGER, deleted INTEGER DEFAULT 0, opened INTEGER DEFAULT 0
);
CREATE TABLE IF NOT EXISTS pairs (
    run INTEGER, kind TEXT, key TEXT, value TEXT, PRIMARY KEY (run, kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (
    number INTEGER PRIMARY KEY, run INTEGER, key TEXT, step INTEGER, time INTEGER, value,
    complete INTEGER DEFAULT 1, UNIQUE (run, key)
);
CREATE TABLE IF NOT EXISTS points (
    series INTEGER, time INTEGER, step INTEGER, value, PRIMARY KEY (series, time, step, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS created (
    key TEXT PRIMARY KEY, digest TEXT, run TEXT, experiment TEXT, role TEXT DEFAULT ''
);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id)
);
"""


class Database:
    """One connection, used by one thread at a time.

    Args:
        path: the file, or None for one in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        # The file system of the container is read-only except for the emptyDir.
        for setting in (
            "locking_mode = EXCLUSIVE",
            "journal_mode = WAL",
            "synchronous = OFF",
            "temp_store = MEMORY",
        ):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.executescript(_SCHEMA)
        [(self._page_size,)] = self.rows("PRAGMA page_size")
        self._has_warned = False
        self._room = True
        self._before_commit: list[Callable[[], None]] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction; others wait for it. An exception rolls it back."""
        with self._lock:
            self._connection.execute("BEGIN")
            self._room = self._measure_room()
            self._before_commit = []
            try:
                yield
                for change in self._before_commit:
                    change()
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._commit()

    def _commit(self) -> None:
        """Commit; where the disk is full, only what was changed elsewhere stays.

        The request succeeds then: its client would repeat it, and its reports would count twice.

        Raises:
            OperationalError: it failed, and nothing was changed elsewhere.
        """
        try:
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if not self._before_commit:
                raise
            print(
                f"a request was not stored, but its reports count: {error}",
                file=sys.stderr,
                flush=True,
            )

    def before_commit(self, change: Callable[[], None]) -> None:
        """Make a change elsewhere once the transaction has succeeded, before it is committed.

        A request that is refused then changes nothing, and can be sent again.
        """
        self._before_commit.append(change)

    def write(self, statement: str, *values: Any) -> int:
        """Execute a statement; return the number of rows that it changed."""
        return self._connection.execute(statement, values).rowcount

    def insert(self, statement: str, *values: Any) -> int:
        """Execute an INSERT; return the number of the new row."""
        number = self._connection.execute(statement, values).lastrowid
        assert number is not None
        return number

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Execute a query; return all rows."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """Execute a query; return the first row, None when there is none."""
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def has_room(self) -> bool:
        """Return whether the file was within its budget at the transaction's start; warn once.

        Beyond the budget, only what the sweep needs is stored.
        """
        if not self._room and not self._has_warned:
            self._has_warned = True
            print(
                f"the script has logged more than {BUDGET >> 20} MiB: from now on, only the primary "
                "metric is stored for reading",
                file=sys.stderr,
                flush=True,
            )
        return self._room

    def _measure_room(self) -> bool:
        [(pages,)] = self.rows("PRAGMA page_count")
        return bool(pages * self._page_size < BUDGET)
