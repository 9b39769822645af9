"""Studies: runs that only group others, of which the script's own run may be one.

A parent that a plain client created, and to which nothing is logged, is such a run. The first run of the
fluent API under it counts as the script's own; further ones are parts of something, such as folds.
"""

from __future__ import annotations

from collections.abc import Collection

from .database import Database
from .metrics import Metrics
from .run_store import PARENT, RESUMED, Run, Runs

# Tags that the fluent API sets, which has an active run. A plain client does not set them.
_FLUENT = ("mlflow.source.name", "mlflow.user")
# The decision whether a run counts, stored with the run under the id of its parent.
_DECIDED, _COUNTS, _NESTED = "decided", "counts", "nested"


class Studies:
    """Decide which runs with a parent count, and notices where the decision may be wrong.

    Args:
        database: the database of the server.
        runs: its runs.
        metrics: what was logged to them.
        run_ids: the ids of the runs that the trainer was given.
    """

    def __init__(
        self, database: Database, runs: Runs, metrics: Metrics, run_ids: Collection[str]
    ) -> None:
        self._database = database
        self._runs = runs
        self._metrics = metrics
        self._run_ids = run_ids

    def counts(self, run: Run, parent_id: str) -> bool:
        """Return whether a run counts although it has a parent.

        Decided once: what is logged to the parent later does not change it.
        """
        decided = self._runs.pair(run, _DECIDED, parent_id)
        if decided is None:
            parent = self._runs.find(parent_id)
            own = parent is None or (self._only_groups(parent) and self._is_first(run, parent_id))
            decided = _COUNTS if own else _NESTED
            self._runs.set(run, _DECIDED, parent_id, decided)
        return decided == _COUNTS

    def ambiguity(self, run: Run, metric: str) -> str:
        """Return why the run that counts in a study may be a part of something; empty if it is not.

        It is when the parent, or another run under it, reports the primary metric as well.

        Args:
            run: a run that reported the metric.
            metric: the primary metric.
        """
        parent_id = self._runs.pair(run, "tag", PARENT) or ""
        for study, other in ((run.id, "the parent itself"), (parent_id, f"run {_name(run)}")):
            own = self._own(study)
            if own is not None and own != run.number:
                return (
                    f"run {self._name_of(own)} counts, because its parent only groups runs; but {other} "
                    f"reported '{metric}', too. If these runs are folds or steps of the trial, create "
                    "the parent with mlflow.start_run, and each of them with start_run(nested=True)."
                )
        return ""

    def _own(self, parent_id: str) -> int | None:
        """Return the number of the run that counts under a parent; None if none or all of them do."""
        if not parent_id or self._runs.find(parent_id) is None:
            return None
        statement = "SELECT run FROM pairs WHERE kind = ? AND key = ? AND value = ? ORDER BY run"
        row = self._database.row(statement, _DECIDED, parent_id, _COUNTS)
        return None if row is None else int(row[0])

    def _name_of(self, number: int) -> str:
        row = self._database.row("SELECT name, id FROM runs WHERE number = ?", number)
        return "" if row is None else str(row[0] or row[1])

    def _only_groups(self, parent: Run) -> bool:
        """Return whether a run was created by a plain client, and nothing was logged to it."""
        resumed = parent.opened == RESUMED
        given = parent.id in self._run_ids
        return not (
            self._is_fluent(parent) or resumed or given or self._metrics.reported(parent.number)
        )

    def _is_first(self, run: Run, parent_id: str) -> bool:
        """Return whether a run is the first one under its parent, and of the fluent API."""
        statement = "SELECT MIN(run) FROM pairs WHERE kind = 'tag' AND key = ? AND value = ?"
        [(first,)] = self._database.rows(statement, PARENT, parent_id)
        return self._is_fluent(run) and bool(first == run.number)

    def _is_fluent(self, run: Run) -> bool:
        return any(self._runs.pair(run, "tag", key) for key in _FLUENT)


def _name(run: Run) -> str:
    return run.name or run.id
