"""The trials of a submitted sweep, the best of them, and their values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..read_model.ranking import front_trials, knee_of, ranked
from ..read_model.sweep_view import SweepView
from .submitted_sweep import SubmittedSweep
from .sweep_objects import SweepError
from .trial_run import TrialRun, parameters_json, trial_table

if TYPE_CHECKING:
    from pandas import DataFrame


class SweepResults(SubmittedSweep):
    """A submitted sweep with its trials. Each property and method reads the current state."""

    def trials(self) -> list[TrialRun]:
        """Return all trials, in the order of their indices. A notebook displays them as a table."""
        now = time.time()
        sweep, views = self.views()
        found = [TrialRun.of(view, now, sweep.criteria) for view in views]
        return trial_table(found, self.primary_metric)

    def get_children(self) -> list[TrialRun]:
        """Return ``trials()``; the name of v1 of Azure's client."""
        return self.trials()

    @property
    def best(self) -> TrialRun | None:
        """The best trial so far; None until a trial has reported.

        With constraints, the best feasible trial that has ended. None with several objectives: see
        ``pareto``.
        """
        name = self.properties.get("best_child_run_id")
        return next((trial for trial in self.trials() if trial.name == name), None)

    @property
    def pareto(self) -> list[TrialRun]:
        """The Pareto front of several objectives, best in the first objective first.

        Of the feasible trials that have ended, those that no other one dominates. A notebook displays
        them as a table.

        Raises:
            SweepError: The sweep has one objective.
        """
        sweep, views = self.views()
        if not sweep.criteria.has_several_objectives:
            raise SweepError(f"{self.name} has one objective, {sweep.metric}: use best")
        now, front = time.time(), front_trials(views, sweep.criteria)
        found = [TrialRun.of(view, now, sweep.criteria) for view in front]
        return trial_table(found, self.primary_metric)

    @property
    def knee(self) -> TrialRun | None:
        """The trial of the Pareto front whose values, each scaled to its range, are best in sum.

        None before a trial is on the front.

        Raises:
            SweepError: The sweep has one objective.
        """
        front = {trial.name: trial for trial in self.pareto}
        sweep, views = self.views()
        chosen = [view for view in views if view.name in front]
        return front[knee_of(chosen, sweep.criteria).name] if chosen else None

    def get_best_run_by_primary_metric(
        self, include_failed: bool = True, include_canceled: bool = True
    ) -> TrialRun | None:
        """Return the best trial; of equal ones the one with the smallest index. None without a value.

        With constraints, the best feasible one. With several objectives, the one on the
        Pareto front that is best in the first.

        Args:
            include_failed: False to leave failed trials out.
            include_canceled: False to leave canceled and early-stopped trials out.
        """
        excluded = {"Failed"} if not include_failed else set()
        excluded |= {"Canceled"} if not include_canceled else set()
        goal = self.goal
        criteria = SweepView.of(self.body).criteria
        if criteria.has_several_objectives:
            return next((t for t in self.pareto if t.status not in excluded), None)
        found = [t for t in self.trials() if t.value is not None and t.status not in excluded]
        if criteria.constraints:
            found = [trial for trial in found if trial.feasible]
        return max(found, key=lambda trial: (trial.score(goal), -trial.index), default=None)

    def get_children_sorted_by_primary_metric(
        self, top: int = 0, reverse: bool = False, discard_no_metric: bool = False
    ) -> list[dict[str, Any]]:
        """Return a dict for each trial, the best first, as in v1 of Azure's client.

        The order is that of ``sweepjob trials``. With constraints, feasible trials come first, and
        ``feasible`` says of each trial what ``TrialRun.feasible`` does. With several objectives, the
        Pareto front comes first.

        Args:
            top: Maximum number of trials; 0 for all.
            reverse: True for the worst first.
            discard_no_metric: True to leave out trials without a value, which come last otherwise.
        """
        now = time.time()
        sweep, views = self.views()
        trials = [TrialRun.of(v, now, sweep.criteria) for v in ranked(views, sweep.criteria)]
        valued = [trial for trial in trials if trial.value is not None]
        without = [trial for trial in trials if trial.value is None]
        ordered = [*(reversed(valued) if reverse else valued)]
        ordered += [] if discard_no_metric else without
        has_constraints = bool(sweep.criteria.constraints)
        return [
            {
                "run_id": trial.name,
                "hyperparameters": parameters_json(trial.parameters),
                "best_primary_metric": trial.value,
                "status": trial.status,
                **({"feasible": trial.feasible} if has_constraints else {}),
            }
            for trial in (ordered[:top] if top else ordered)
        ]

    def get_metrics(self) -> dict[str, dict[str, Any]]:
        """Return the values of the primary metric, under its name, by trial name."""
        metric = self.primary_metric
        return {trial.name: {metric: list(trial.values)} for trial in self.trials()}

    def get_hyperparameters(self) -> dict[str, str]:
        """Return the parameters as JSON by trial name, as in v1 of Azure's client."""
        return {trial.name: parameters_json(trial.parameters) for trial in self.trials()}

    def to_dataframe(self) -> DataFrame:
        """Return a data frame with a row for each trial.

        Raises:
            SweepError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise SweepError("to_dataframe needs pandas: pip install pandas") from None
        return pandas.DataFrame([trial.to_row() for trial in self.trials()])
