"""Which runs' reports are the trial's, and that each counts once.

A run without a parent counts: the one whose id the trainer was given, any other that the script
starts, one that is resumed. A run inside another one (``mlflow.parentRunId``) does not; where the
parent is no run that this script works in, the run is not inside anything here, and counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from ..metric_store import MetricStore
from .database import Database
from .metrics import Metrics
from .runs import PARENT, RESUMED, RUN_NAME, Run, Runs

# The fluent API, which keeps an active run, says where the code is; a bare client does not.
_FLUENT = ("mlflow.source.name", "mlflow.user")
# Whether a run counts, kept with it by the id of its parent.
_DECIDED, _COUNTS, _NESTED = "decided", "counts", "nested"
_MOST_NOTES = 20  # lines on standard error about nested runs


class TrialRuns:
    """Takes what is logged to runs, and passes on what is a report of the trial.

    Args:
        given: ids of runs that the trainer was given, which exist from the start.
    """

    def __init__(self, database: Database, recorder: MetricStore, given: Iterable[str]) -> None:
        self.primary = recorder.metric
        self.runs = Runs(database)
        self.metrics = Metrics(database, self.primary)
        self._database = database
        self._recorder = recorder
        self.given = tuple(given)
        self._noted: set[str] = set()
        with database.transaction():
            for run_id in self.given:
                now, tags = int(time.time() * 1000), {RUN_NAME: run_id}
                self.runs.add(run_id, name=run_id, started=now, opened=False, tags=tags)
            self._restore(recorder.reported_points())
        self.update_end()

    def _restore(self, points: Iterable[dict[str, Any]]) -> None:
        """A report is in the journal first; add what a kill kept out of the database."""
        for point in points:
            self.metrics.add(
                point["run"], self.primary, point["value"], point["step"], point["time"]
            )

    def log(self, run: Run, values: list[tuple[str, float, int, int]]) -> None:
        """Take values (name, value, step, time), in this order."""
        if not run.opened:
            self.runs.mark(run, "opened", 1)
        counts = self.counts(run)
        for name, value, step, when in values:
            if not self.metrics.add(run.number, name, value, step, when):
                continue
            if counts:
                self._recorder.report(name, value, point=(run.number, step, when))
            else:
                self._recorder.note_nested(name, run.name or run.id)
                self._say(run, name)

    def remember(self, run: Run, values: list[tuple[str, float, int, int]]) -> None:
        """Note what was logged to a run before the trial: sent again, it is no report."""
        for name, value, step, when in values:
            self.metrics.add(run.number, name, value, step, when)

    def add(self, run_id: str, **details: Any) -> Run:
        """A run that the script has created; it is decided now whether it counts.

        Args:
            details: as of ``Runs.add``.
        """
        run = self.runs.add(run_id, **details)
        self.counts(run)
        self.update_end()
        return run

    def update(self, run: Run, body: dict[str, Any]) -> None:
        """Carry out a request ``runs/update``."""
        status = str(body.get("status") or "")
        name = str(body.get("run_name") or "")
        self.runs.update(run, status=status, name=name, ended=body.get("end_time"))
        if status == "RUNNING":
            self.runs.mark(run, "opened", RESUMED)
        self.update_end()

    def counts(self, run: Run) -> bool:
        """Whether the reports of a run are the trial's."""
        parent_id = self.runs.pair(run, "tag", PARENT)
        if run.id in self.given or not parent_id:
            return True
        decided = self.runs.pair(run, _DECIDED, parent_id)
        if decided is None:
            # Once and for all: what happens in the parent later does not turn a run into a part of it.
            decided = self._decide(run, parent_id)
            self.runs.set(run, _DECIDED, parent_id, decided)
        return decided == _COUNTS

    def _decide(self, run: Run, parent_id: str) -> str:
        parent = self.runs.find(parent_id)
        own = parent is None or (self._only_groups(parent) and self._is_first(run, parent_id))
        return _COUNTS if own else _NESTED

    def update_end(self) -> None:
        """Tell the recorder whether the script has closed all its runs."""
        over = bool(self.runs.opened(over=True, most=1))
        going = any(self.counts(run) for run in self.runs.opened(over=False))
        self._recorder.set_ended(over and not going)

    def _only_groups(self, parent: Run) -> bool:
        """Whether a run was made by a bare client, and nothing was ever done in it: it groups the
        runs of a study, of which the script's own is one.
        """
        fluent = any(self.runs.pair(parent, "tag", key) for key in _FLUENT)
        resumed = parent.opened == RESUMED
        used = fluent or resumed or parent.id in self.given or self.metrics.reported(parent.number)
        return not used

    def _is_first(self, run: Run, parent_id: str) -> bool:
        """Whether a run is a script's own in a study: the fluent API's, and the first one. More of
        them are parts of something, as folds are.
        """
        statement = "SELECT MIN(run) FROM pairs WHERE kind = 'tag' AND key = ? AND value = ?"
        [(first,)] = self._database.rows(statement, PARENT, parent_id)
        fluent = any(self.runs.pair(run, "tag", key) for key in _FLUENT)
        return fluent and bool(first == run.number)

    def _say(self, run: Run, name: str) -> None:
        if run.id not in self._noted and len(self._noted) < _MOST_NOTES:
            self._noted.add(run.id)
            text = f"run {run.name or run.id} is nested: its '{name}' is no report of the trial"
            print(text, file=sys.stderr, flush=True)
