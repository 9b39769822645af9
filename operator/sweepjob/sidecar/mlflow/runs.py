"""The runs that exist, with their params and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .database import Database

PARENT = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"
RESUMED = 2  # of a run's ``opened``: by its id, to go on with it
_COLUMNS = "number, id, name, user, status, started, ended, deleted, opened"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is on record.

    Attributes:
        number: counts runs from 1, in the order of their creation.
        opened: 1 when the script works in it, 2 (RESUMED) when it came back to it, 0 when only its id
            is known.
    """

    number: int
    id: str
    name: str
    user: str
    status: str
    started: int
    ended: int | None
    deleted: int
    opened: int


class Runs:
    """Runs by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, run_id: str) -> Run | None:
        row = self._database.row(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", run_id)
        return None if row is None else Run(*row)

    def all(self) -> list[Run]:
        """All runs, the newest first."""
        statement = f"SELECT {_COLUMNS} FROM runs ORDER BY started DESC, number DESC"
        return [Run(*row) for row in self._database.rows(statement)]

    def opened(self, *, over: bool, most: int = -1) -> list[Run]:
        """Runs that the script works in, or has worked in.

        Args:
            over: those that were ended; else those that were not.
            most: how many are enough; all by default.
        """
        statement = (
            f"SELECT {_COLUMNS} FROM runs WHERE opened > 0 "
            "AND (status IN ('FINISHED', 'FAILED', 'KILLED')) = ? LIMIT ?"
        )
        return [Run(*row) for row in self._database.rows(statement, over, most)]

    def add(
        self,
        run_id: str,
        *,
        name: str = "",
        user: str = "",
        started: int = 0,
        opened: bool = True,
        tags: dict[str, str] | None = None,
    ) -> Run:
        """A new run, or the one that has the id already."""
        statement = (
            "INSERT OR IGNORE INTO runs (id, name, user, status, started, opened) "
            "VALUES (?, ?, ?, 'RUNNING', ?, ?)"
        )
        added = self._database.write(statement, run_id, name, user, started, opened)
        run = self.find(run_id)
        assert run is not None
        if added:
            for key, value in (tags or {}).items():
                self.set(run, "tag", key, value)
        return run

    def update(self, run: Run, *, status: str, name: str, ended: Any) -> None:
        """Change what is given; empty texts and None stand for no change."""
        self._database.write(
            "UPDATE runs SET status = ?, name = ?, ended = ? WHERE number = ?",
            status or run.status,
            name or run.name,
            run.ended if ended is None else int(ended),
            run.number,
        )

    def mark(self, run: Run, column: str, value: int) -> None:
        """Set ``opened`` or ``deleted``."""
        assert column in ("opened", "deleted")
        self._database.write(f"UPDATE runs SET {column} = ? WHERE number = ?", value, run.number)

    def pairs(self, run: Run, kind: str) -> dict[str, str]:
        """All params or tags.

        Args:
            kind: ``param`` or ``tag``.
        """
        statement = "SELECT key, value FROM pairs WHERE run = ? AND kind = ?"
        return dict(self._database.rows(statement, run.number, kind))

    def pair(self, run: Run, kind: str, key: str) -> str | None:
        """One param or tag."""
        statement = "SELECT value FROM pairs WHERE run = ? AND kind = ? AND key = ?"
        row = self._database.row(statement, run.number, kind, key)
        return None if row is None else str(row[0])

    def set(self, run: Run, kind: str, key: str, value: str) -> None:
        """Set a param or a tag; where there is no room, only what tells whether a run counts is kept."""
        if key == PARENT or kind not in ("param", "tag") or self._database.has_room():
            statement = "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?)"
            self._database.write(statement, run.number, kind, key, value)

    def remove(self, run: Run, kind: str, key: str) -> bool:
        """Whether there was such a param or tag."""
        statement = "DELETE FROM pairs WHERE run = ? AND kind = ? AND key = ?"
        return self._database.write(statement, run.number, kind, key) > 0
