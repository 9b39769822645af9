"""Stores runs with their params and tags."""

from __future__ import annotations

from dataclasses import dataclass

from .database import Database

PARENT = "mlflow.parentRunId"
RUN_NAME = "mlflow.runName"
RESUMED = 2  # value of ``Run.opened``
_COLUMNS = "number, id, name, user, status, started, ended, deleted, opened"


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        number: the number of the run from 1, in the order of creation.
        id, name, user, status: as in MLflow.
        started, ended: milliseconds since the epoch; ``ended`` is None before.
        deleted: 1 when it was deleted.
        opened: 1 when the script logs to it, 2 (RESUMED) when it resumed it by its id, 0 when only its
            id is known.
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
    """Runs by id.

    Args:
        database: the database of the server.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, run_id: str) -> Run | None:
        """Return a run; None when there is none."""
        row = self._database.row(f"SELECT {_COLUMNS} FROM runs WHERE id = ?", run_id)
        return None if row is None else Run(*row)

    def all(self) -> list[Run]:
        """Return all runs, the newest first."""
        statement = f"SELECT {_COLUMNS} FROM runs ORDER BY started DESC, number DESC"
        return [Run(*row) for row in self._database.rows(statement)]

    def opened(self, *, over: bool, most: int = -1) -> list[Run]:
        """Return runs that the script opened.

        Args:
            over: those that have ended; otherwise those that have not.
            most: maximum number; all by default.
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
        """Create a run, or return the one that has the id already.

        Args:
            run_id: the run's id.
            name: the run's name.
            user: the run's user.
            started: milliseconds since the epoch.
            opened: the script logs to it.
            tags: the tags of a new run.
        """
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

    def update(self, run: Run, *, status: str, name: str, ended: int | None) -> None:
        """Change a run; empty strings and None stand for no change.

        Args:
            run: the run to change.
            status: as in MLflow.
            name: the run's name.
            ended: milliseconds since the epoch.
        """
        self._database.write(
            "UPDATE runs SET status = ?, name = ?, ended = ? WHERE number = ?",
            status or run.status,
            name or run.name,
            run.ended if ended is None else ended,
            run.number,
        )

    def mark(self, run: Run, column: str, value: int) -> None:
        """Set ``opened`` or ``deleted``.

        Args:
            run: the run to change.
            column: ``opened`` or ``deleted``.
            value: as in ``Run``.
        """
        assert column in ("opened", "deleted")
        self._database.write(f"UPDATE runs SET {column} = ? WHERE number = ?", value, run.number)

    def pairs(self, run: Run, kind: str) -> dict[str, str]:
        """Return all params or tags.

        Args:
            run: the run that has them.
            kind: ``param`` or ``tag``.
        """
        statement = "SELECT key, value FROM pairs WHERE run = ? AND kind = ?"
        return dict(self._database.rows(statement, run.number, kind))

    def pair(self, run: Run, kind: str, key: str) -> str | None:
        """Return a param or a tag; None when there is none.

        Args:
            run: the run that has it.
            kind: ``param`` or ``tag``.
            key: its name.
        """
        statement = "SELECT value FROM pairs WHERE run = ? AND kind = ? AND key = ?"
        row = self._database.row(statement, run.number, kind, key)
        return None if row is None else str(row[0])

    def set(self, run: Run, kind: str, key: str, value: str) -> None:
        """Set a param or a tag; beyond the budget, only what decides whether a run counts is stored.

        Args:
            run: the run to change.
            kind: ``param`` or ``tag``.
            key: its name.
            value: its value.
        """
        if key == PARENT or kind not in ("param", "tag") or self._database.has_room():
            statement = "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?)"
            self._database.write(statement, run.number, kind, key, value)

    def remove(self, run: Run, kind: str, key: str) -> bool:
        """Delete a param or a tag; return whether there was one.

        Args:
            run: the run to change.
            kind: ``param`` or ``tag``.
            key: its name.
        """
        statement = "DELETE FROM pairs WHERE run = ? AND kind = ? AND key = ?"
        return self._database.write(statement, run.number, kind, key) > 0
