"""A submitted sweep: how it stands, its trials, its best, and waiting for its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..api import names
from ..objective import Goal
from ..render.views import SweepView, TrialView, trial_views
from .job import SweepJob
from .records import Records, SweepError
from .trial_run import TrialRun, as_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

_STATUS = {
    "Pending": "NotStarted",
    "Running": "Running",
    "Blocked": "Queued",
    "Suspended": "Paused",
    "Complete": "Completed",
    "Failed": "Failed",
    "Invalid": "Failed",
}
_ENDED = ("Complete", "Failed", "Invalid")
# Reasons of a failure that are somebody's or a limit's will.
_CANCELED = ("Stopped", "SweepTimeout")


class SweepRun:
    """A sweep that runs, or has run. What it says is read from its records at every call.

    In a notebook it shows itself as a table; ``plot()`` draws it.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    @property
    def name(self) -> str:
        """The SweepJob's name; ``id`` is the same, as in Azure."""
        return self._records.name

    @property
    def id(self) -> str:
        return self.name

    @property
    def body(self) -> Mapping[str, Any]:
        """The SweepJob object as it is now."""
        return self._records.sweep()

    @property
    def job(self) -> SweepJob:
        """The sweep's definition."""
        body = dict(self.body)
        meta = {k: v for k, v in body["metadata"].items() if k in ("name", "namespace", "labels")}
        # Of the annotations those that were defined; kubectl and others have theirs.
        notes = body["metadata"].get("annotations") or {}
        meta["annotations"] = {k: v for k, v in notes.items() if f"{names.GROUP}/" in k}
        return SweepJob.from_manifest({**body, "metadata": meta})

    def views(self) -> tuple[SweepView, list[TrialView]]:
        """The sweep and its trials as the program ``sweepjob`` sees them."""
        sweep = SweepView.of(self.body)
        return sweep, trial_views(self._records.trials(), sweep.goal)

    @property
    def phase(self) -> str:
        """``Pending``, ``Running``, ``Blocked``, ``Suspended``, ``Complete``, ``Failed``, ``Invalid``."""
        return str((self.body.get("status") or {}).get("phase", "Pending"))

    @property
    def status(self) -> str:
        """The phase in Azure's words: ``Completed``, ``Canceled``, ``Running`` ..."""
        phase = self.phase
        canceled = phase == "Failed" and self._condition("Failed").get("reason") in _CANCELED
        return "Canceled" if canceled else _STATUS.get(phase, "Running")

    def get_status(self) -> str:
        """As in v1."""
        return self.status

    @property
    def is_finished(self) -> bool:
        return self.phase in _ENDED

    @property
    def goal(self) -> Goal:
        return SweepView.of(self.body).goal

    @property
    def primary_metric(self) -> str:
        return SweepView.of(self.body).metric

    @property
    def properties(self) -> dict[str, str]:
        """What Azure has in a job's properties: ``best_child_run_id`` and ``score``; empty before."""
        best = (self.body.get("status") or {}).get("best")
        return {} if not best else {"best_child_run_id": best["trial"], "score": best["value"]}

    def _condition(self, kind: str) -> Mapping[str, Any]:
        conditions = (self.body.get("status") or {}).get("conditions") or ()
        return next((c for c in conditions if c["type"] == kind), {})

    def trials(self) -> list[TrialRun]:
        """All trials by their index."""
        now = time.time()
        return [TrialRun.of(view, now) for view in self.views()[1]]

    def get_children(self) -> list[TrialRun]:
        """As in v1."""
        return self.trials()

    @property
    def best(self) -> TrialRun | None:
        """The best trial so far; None before any has a value."""
        name = self.properties.get("best_child_run_id")
        return next((trial for trial in self.trials() if trial.name == name), None)

    def get_best_run_by_primary_metric(
        self, include_failed: bool = True, include_canceled: bool = True
    ) -> TrialRun | None:
        """The best of the trials that count; ties go to the earliest."""
        left_out = {"Failed"} if not include_failed else set()
        left_out |= {"Canceled"} if not include_canceled else set()
        goal = self.goal
        found = [t for t in self.trials() if t.value is not None and t.status not in left_out]
        return max(found, key=lambda trial: (trial.score(goal), -trial.index), default=None)

    def get_children_sorted_by_primary_metric(
        self, top: int = 0, reverse: bool = False, discard_no_metric: bool = False
    ) -> list[dict[str, Any]]:
        """A dict for each trial, the best first, as in v1.

        Args:
            top: as many at most; 0 for all.
            reverse: the worst first.
            discard_no_metric: leave out those without a value, which come last otherwise.
        """
        goal = self.goal
        trials = [t for t in self.trials() if t.value is not None or not discard_no_metric]
        valued = [t for t in trials if t.value is not None]
        valued.sort(key=lambda t: (-t.score(goal), t.index), reverse=reverse)
        ordered = [*valued, *(t for t in trials if t.value is None)]
        return [
            {
                "run_id": trial.name,
                "hyperparameters": as_json(trial.parameters),
                "best_primary_metric": trial.value,
                "status": trial.status,
            }
            for trial in (ordered[:top] if top else ordered)
        ]

    def get_metrics(self) -> dict[str, dict[str, Any]]:
        """By trial, the primary metric's values under its name."""
        metric = self.primary_metric
        return {trial.name: {metric: list(trial.values)} for trial in self.trials()}

    def get_hyperparameters(self) -> dict[str, str]:
        """By trial, its parameters as JSON, as in v1."""
        return {trial.name: as_json(trial.parameters) for trial in self.trials()}

    def to_dataframe(self) -> DataFrame:
        """A row for each trial, for which pandas has to be there."""
        try:
            import pandas
        except ImportError:
            raise SweepError("to_dataframe needs pandas: pip install pandas") from None
        return pandas.DataFrame([trial.to_row() for trial in self.trials()])

    def cancel(self) -> None:
        """End the sweep with what it has found (``spec.stop``)."""
        self._records.cancel()

    def download(
        self, path: str = ".", output_name: str | None = None, trial: str | None = None
    ) -> list[str]:
        """Fetch outputs of the best trial, or of another one, into folders below ``path``.

        Args:
            output_name: one output only.

        Returns the folders.

        Raises:
            SweepError: there are none, or their volume cannot be read.
        """
        name = trial or self.properties.get("best_child_run_id")
        if name is None:
            raise SweepError(f"{self.name} has no best trial yet; give trial=")
        return self._records.download(name, output_name, path)

    def wait_for_completion(
        self,
        show_output: bool = False,
        timeout: float | None = None,
        raise_on_error: bool = True,
        wait_post_processing: bool = False,
    ) -> SweepRun:
        """Wait for the sweep's end.

        Args:
            show_output: show how it stands meanwhile.
            timeout: seconds after which waiting is given up.

        Raises:
            SweepError: it has failed, or its spec is refused.
            TimeoutError: it goes on.
        """
        from .progress import follow, quietly

        (follow if show_output else quietly)(self, timeout)
        bad = self._condition("Failed")
        if self.phase == "Invalid":
            bad = self._condition("Accepted")
        if self.phase != "Complete" and raise_on_error:
            raise SweepError(f"{self.name}: {bad.get('reason')}: {bad.get('message')}")
        return self

    def stream(self) -> None:
        """Show how it stands until its end, in a terminal or a notebook."""
        from .progress import follow

        follow(self, None)

    def plot(self) -> Figure:
        """Best value over trials, learning curves with what stopped them, and parallel coordinates; for
        which matplotlib has to be there.
        """
        from .plots import overview

        return overview(self)

    def _repr_html_(self) -> str:
        from .notebook import table

        return table(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.phase})"
