"""Decides which runs' metrics are reports of the trial, and adds each report once.

A run without a parent counts: the one whose id the trainer was given, others that the script creates,
and those that it resumes. A nested run (``mlflow.parentRunId``) does not count, unless its parent is not
a run of this script.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from ... import protocol
from ..metric_store import MetricStore
from .conversions import whole
from .database import Database
from .metrics import Metrics
from .run_store import PARENT, RESUMED, RUN_NAME, Run, Runs
from .studies import Studies

_MAX_LOGGED = 20  # lines on standard error about nested runs


class TrialRuns:
    """Receives what is logged to runs, and adds the trial's reports to the store.

    Args:
        database: the database of the server.
        store: the reports.
        run_ids: the ids of the runs that the trainer was given, which exist from the start.
    """

    def __init__(self, database: Database, store: MetricStore, run_ids: Iterable[str]) -> None:
        self.primary = store.metric
        self.runs = Runs(database)
        self.metrics = Metrics(database, self.primary)
        self._database = database
        self._store = store
        self.run_ids = tuple(run_ids)
        self._noted: set[str] = set()
        self._checked: set[int] = set()
        self._is_ambiguous = False
        self._studies = Studies(database, self.runs, self.metrics, self.run_ids)
        with database.transaction():
            for run_id in self.run_ids:
                now, tags = int(time.time() * 1000), {RUN_NAME: run_id}
                self.runs.add(run_id, name=run_id, started=now, opened=False, tags=tags)
            self._restore(store.reports_of_runs())
            self.update_end()

    def _restore(self, points: Iterable[dict[str, Any]]) -> None:
        """Add reports of the journal that a kill kept out of the database, which is written later."""
        for point in points:
            self.metrics.add(
                point["run"], self.primary, point["value"], point["step"], point["time"]
            )

    def log(self, run: Run, values: list[tuple[str, float, int, int]]) -> None:
        """Add values (name, value, step, time), in this order; they are reports if the call succeeds."""
        if not run.opened:
            self.runs.mark(run, "opened", 1)
        counts = self.counts(run)
        new = [value for value in values if self.metrics.add(run.number, *value)]
        self._database.before_commit(lambda: self._report(run, new, counts=counts))

    def _report(self, run: Run, values: list[tuple[str, float, int, int]], *, counts: bool) -> None:
        """Add values that were not logged before to the store."""
        for name, value, step, when in values:
            if counts:
                self._store.add_report(name, value, point=(run.number, step, when))
            else:
                self._store.add_nested_metric(name, run.name or run.id)
                self._log_nested(run, name)
            if name == self.primary:
                self._check_study(run)

    def record_earlier_values(self, run: Run, values: list[tuple[str, float, int, int]]) -> None:
        """Record what was logged to a run before the trial: if it is sent again, it is not a report."""
        for name, value, step, when in values:
            self.metrics.add(run.number, name, value, step, when)

    def add(self, run_id: str, **details: Any) -> Run:
        """Add a run that the script created, and decide whether it counts.

        Args:
            run_id: the run's id.
            details: as for ``Runs.add``.
        """
        run = self.runs.add(run_id, **details)
        self.counts(run)
        self.update_end()
        return run

    def update(self, run: Run, body: dict[str, Any]) -> None:
        """Apply a request ``runs/update``."""
        status = str(body.get("status") or "")
        name = str(body.get("run_name") or "")
        ended = None if body.get("end_time") is None else whole(body, "end_time")
        self.runs.update(run, status=status, name=name, ended=ended)
        if status == "RUNNING":
            self.runs.mark(run, "opened", RESUMED)
        self.update_end()

    def counts(self, run: Run) -> bool:
        """Return whether the metrics of a run are reports of the trial."""
        parent_id = self.runs.pair(run, "tag", PARENT)
        if run.id in self.run_ids or not parent_id:
            return True
        return self._studies.counts(run, parent_id)

    def update_end(self) -> None:
        """Update the store on whether the script has ended all its runs."""
        over = bool(self.runs.opened(over=True, most=1))
        active = any(self.counts(run) for run in self.runs.opened(over=False))
        self._database.before_commit(lambda: self._store.set_runs_ended(over and not active))

    def note_unrecorded(self, call: str, error: Exception) -> None:
        """Set a notice: the user's server accepted a request that cannot be recorded."""
        text = f"a request {call}, which the tracking server accepted, cannot be read: {error!r}"
        notice = protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text)
        self._store.set_notice("recording", notice)

    def _check_study(self, run: Run) -> None:
        """Set a notice when the primary metric of a study's runs may be a part's; once for each run."""
        if self._is_ambiguous or run.number in self._checked:
            return
        self._checked.add(run.number)
        text = self._studies.ambiguity(run, self.primary)
        if text:
            self._is_ambiguous = True  # the first runs that show it are named
            notice = protocol.Notice.of(protocol.AMBIGUOUS_METRIC, text)
            self._store.set_notice("study", notice)

    def _log_nested(self, run: Run, name: str) -> None:
        if run.id not in self._noted and len(self._noted) < _MAX_LOGGED:
            self._noted.add(run.id)
            text = f"run {run.name or run.id} is nested: its '{name}' is not a report of the trial"
            print(text, file=sys.stderr, flush=True)
