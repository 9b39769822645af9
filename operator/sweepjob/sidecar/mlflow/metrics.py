"""Stores all values of all metrics of all runs, each (run, name, step, time, value) once."""

from __future__ import annotations

from typing import Any

from ... import protocol
from .database import Database
from .errors import MlflowError

Body = dict[str, Any]


class Metrics:
    """Values of metrics. They are stored as JSON has them, since SQLite has no NaN.

    Args:
        database: the database of the server.
        primary: the primary metric, which is stored even beyond the database's budget.
    """

    def __init__(self, database: Database, primary: str) -> None:
        self._database = database
        self._primary = primary

    def add(self, run: int, key: str, value: float, step: int, time: int) -> bool:
        """Add a value; return False when it was added before.

        A client repeats a request whose answer it did not get, and MLflow 3's ``log_model`` sends the
        values of the run again.

        Args:
            run: the run's number.
            key: name of the metric.
            value: the value of the metric.
            step: the step of the value.
            time: the time of the value, in milliseconds since the epoch.
        """
        found = self._series(run, key)
        keep = key == self._primary or self._database.has_room()
        if found is None:
            if not keep:
                return True
            statement = "INSERT INTO series (run, key, step, time, value) VALUES (?, ?, ?, ?, ?)"
            number = self._database.insert(statement, run, key, step, time, protocol.encode(value))
        else:
            number, latest = found[0], (found[1], found[2])
            if (step, time) >= latest:
                statement = "UPDATE series SET step = ?, time = ?, value = ? WHERE number = ?"
                self._database.write(statement, step, time, protocol.encode(value), number)
        if not keep:
            self._database.write("UPDATE series SET complete = 0 WHERE number = ?", number)
            return True
        statement = "INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?)"
        return self._database.write(statement, number, time, step, protocol.encode(value)) > 0

    def latest(self, run: int) -> list[Body]:
        """Return the latest value of each metric of a run, by step and time."""
        statement = "SELECT key, value, time, step FROM series WHERE run = ? ORDER BY number"
        return [_dump(*row) for row in self._database.rows(statement, run)]

    def value(self, run: int, key: str) -> float | None:
        """Return the latest value of a metric; None when there is none."""
        row = self._database.row("SELECT value FROM series WHERE run = ? AND key = ?", run, key)
        return None if row is None else protocol.decode(row[0])

    def reported(self, run: int) -> bool:
        """Return whether any metric was logged to a run."""
        return self._database.row("SELECT 1 FROM series WHERE run = ? LIMIT 1", run) is not None

    def history(self, run: int, key: str, offset: int, count: int) -> list[Body]:
        """Return values of a metric, in the order of their times.

        Args:
            run: the run's number.
            key: name of the metric.
            offset: number of values to skip.
            count: maximum number of values.

        Raises:
            MlflowError: some were not stored.
        """
        row = self._database.row(
            "SELECT number, complete FROM series WHERE run = ? AND key = ?", run, key
        )
        if row is None:
            return []
        number, complete = row
        if not complete:
            text = f"the sweep's sidecar has no room for all values of '{key}' that were logged"
            raise MlflowError("RESOURCE_EXHAUSTED", text)
        statement = (
            "SELECT ?, value, time, step FROM points WHERE series = ? "
            "ORDER BY time, step, value LIMIT ? OFFSET ?"
        )
        return [_dump(*row) for row in self._database.rows(statement, key, number, count, offset)]

    def _series(self, run: int, key: str) -> tuple[Any, ...] | None:
        statement = "SELECT number, step, time FROM series WHERE run = ? AND key = ?"
        return self._database.row(statement, run, key)


def _dump(key: str, value: Any, time: int, step: int) -> Body:
    return {"key": key, "value": value, "timestamp": time, "step": step}
