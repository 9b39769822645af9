"""A submitted sweep: its status, its trials, its best trial, and waiting for its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..api import names
from ..api.phases import SweepPhase
from ..objective import Goal
from ..read_model.ranking import front_trials, knee_of, ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from .azure_objects import JobService
from .current_map import current_map
from .displays import Displayed
from .job import SweepJob
from .sweep_objects import SweepError, SweepObjects
from .trial_run import TrialRun, parameters_json, trial_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from ..promotion.model_registration import ModelVersion
    from .widget import SweepWidget

_STATUS: dict[str, str] = {
    SweepPhase.PENDING: "NotStarted",
    SweepPhase.RUNNING: "Running",
    SweepPhase.BLOCKED: "Queued",
    SweepPhase.SUSPENDED: "Paused",
    SweepPhase.COMPLETE: "Completed",
    SweepPhase.FAILED: "Failed",
    SweepPhase.INVALID: "Failed",
}
_ENDED = (SweepPhase.COMPLETE, SweepPhase.FAILED, SweepPhase.INVALID)
# Reasons of the phase Failed that Azure calls canceled.
_CANCELED = ("Stopped", "SweepTimeout")


class SweepRun(Displayed):
    """A submitted sweep. Each property and method reads the current state.

    A notebook displays it as a table; ``plot()`` returns a figure.
    """

    def __init__(self, objects: SweepObjects) -> None:
        self._objects = objects

    @property
    def objects(self) -> SweepObjects:
        """Access to the objects of the sweep."""
        return self._objects

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        return self._objects.name

    @property
    def id(self) -> str:
        """Name of the SweepJob, by Azure's name for it."""
        return self.name

    @property
    def body(self) -> Mapping[str, Any]:
        """The current SweepJob object."""
        return self._objects.sweep()

    @property
    def studio_url(self) -> str:
        """Address of the sweep's page, in place of Azure's studio; without one the command that opens it.

        The Azure map has the address of the dashboard that the cluster serves.
        """
        dashboard = current_map().workspace.dashboard.rstrip("/")
        if dashboard and self._objects.namespace:
            return f"{dashboard}/#/{self._objects.namespace}/{self.name}/overview"
        return self._objects.page_command

    @property
    def services(self) -> dict[str, JobService]:
        """The sweep's page, by Azure's name for it."""
        return {"Studio": JobService(endpoint=self.studio_url, type="Studio")}

    @property
    def display_name(self) -> str | None:
        """Display name of the sweep."""
        return self.job.display_name

    @property
    def experiment_name(self) -> str | None:
        """Experiment name of the sweep."""
        return self.job.experiment_name

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the sweep."""
        return self.job.tags

    @property
    def job(self) -> SweepJob:
        """The definition of the sweep, which can be changed and submitted again."""
        body = dict(self.body)
        meta = {k: v for k, v in body["metadata"].items() if k in ("name", "namespace", "labels")}
        # Other annotations are not part of the definition: kubectl and others add theirs.
        notes = body["metadata"].get("annotations") or {}
        meta["annotations"] = {k: v for k, v in notes.items() if f"{names.GROUP}/" in k}
        return SweepJob.from_manifest({**body, "metadata": meta})

    def views(self) -> tuple[SweepView, list[TrialView]]:
        """Return the sweep and its trials in the form that the ``sweepjob`` commands print."""
        sweep = SweepView.of(self.body)
        return sweep, trial_views(self._objects.trials(), sweep.goal)

    @property
    def phase(self) -> str:
        """Phase: Pending, Running, Blocked, Suspended, Complete, Failed or Invalid."""
        return str((self.body.get("status") or {}).get("phase", SweepPhase.PENDING.value))

    @property
    def status(self) -> str:
        """Azure's name of the phase: ``Completed``, ``Canceled``, ``Running`` and so on."""
        phase = self.phase
        canceled = (
            phase == SweepPhase.FAILED and self._condition("Failed").get("reason") in _CANCELED
        )
        return "Canceled" if canceled else _STATUS.get(phase, "Running")

    def get_status(self) -> str:
        """Return ``status``; the name of v1 of Azure's client."""
        return self.status

    @property
    def is_finished(self) -> bool:
        """Whether the sweep has ended."""
        return self.phase in _ENDED

    @property
    def goal(self) -> Goal:
        """Whether larger or smaller values of the primary metric are better."""
        return SweepView.of(self.body).goal

    @property
    def primary_metric(self) -> str:
        """Name of the metric that is optimized."""
        return SweepView.of(self.body).metric

    @property
    def properties(self) -> dict[str, str]:
        """``best_child_run_id`` and ``score``, as in Azure; empty until a trial has reported."""
        best = (self.body.get("status") or {}).get("best")
        return {} if not best else {"best_child_run_id": best["trial"], "score": best["value"]}

    def _condition(self, kind: str) -> Mapping[str, Any]:
        conditions = (self.body.get("status") or {}).get("conditions") or ()
        return next((c for c in conditions if c["type"] == kind), {})

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

    def cancel(self) -> None:
        """Stop the sweep (``spec.stop``). Its running trials are canceled; its results remain."""
        self._objects.cancel()

    def pause_trial(self, trial: str) -> None:
        """Pause a trial until ``resume_trial``: it holds no GPU, and goes on from its checkpoint.

        Args:
            trial: Name of the trial.

        Raises:
            SweepError: There is no such trial, it has ended, or the sweep has no ``checkpoint``.
        """
        self._unfinished(trial, "pause")
        if "checkpoint" not in self.body["spec"]["trial"]:
            raise SweepError(
                f"{trial} cannot be paused: {self.name} has no trial.checkpoint; give checkpoint= to "
                "command()"
            )
        self._objects.change_trial(trial, {"paused": True})

    def resume_trial(self, trial: str) -> None:
        """Let a paused trial continue when a slot is free. No policy pauses it again that had paused it.

        Args:
            trial: Name of the trial.

        Raises:
            SweepError: There is no such trial, or it has ended.
        """
        found = self._unfinished(trial, "resume")
        by_policy = found.pause is not None and bool(found.pause.policy)
        self._objects.change_trial(trial, {"paused": False if by_policy else None})

    def cancel_trial(self, trial: str) -> None:
        """Cancel a trial. The sweep goes on.

        Args:
            trial: Name of the trial.

        Raises:
            SweepError: There is no such trial, or it has ended.
        """
        self._unfinished(trial, "cancel")
        self._objects.change_trial(trial, {"stop": True})

    def _unfinished(self, name: str, verb: str) -> TrialRun:
        """Return a trial that has not ended.

        Raises:
            SweepError: There is none of that name.
        """
        found = next((trial for trial in self.trials() if trial.name == name), None)
        if found is None:
            raise SweepError(f"{self.name} has no trial {name}; see trials()")
        if found.is_finished:
            raise SweepError(f"{name} has ended ({found.phase}); there is nothing to {verb}")
        return found

    def download(
        self, path: str = ".", output_name: str | None = None, trial: str | None = None
    ) -> list[str]:
        """Download the outputs of a trial.

        Args:
            path: Folder that the output folders are written to.
            output_name: Name of one output; all by default.
            trial: Name of the trial; the best one by default.

        Returns:
            The folders that were written.

        Raises:
            SweepError: There is no best trial yet, there are no outputs, or they cannot be read.
        """
        name = trial or self.properties.get("best_child_run_id")
        if name is None:
            sweep = SweepView.of(self.body)
            raise SweepError(f"{sweep.no_best_yet}; give trial=")
        return self._objects.download(name, output_name, path)

    def promote(
        self,
        name: str | None = None,
        *,
        model: str = "",
        alias: str = "",
        tracking_uri: str = "",
        now: bool = False,
        trial: str = "",
    ) -> ModelVersion:
        """Register the best trial's model in the MLflow registry. Repeating it changes nothing.

        Credentials are those of MLflow's environment variables.

        Args:
            name: Name of the registered model; that of the sweep by default.
            model: Name of the logged model, if the trial logged several.
            alias: Alias of the version, such as ``champion``.
            tracking_uri: Address of the tracking server; by default that of ``MLFLOW_TRACKING_URI``, else
                that of the sweep.
            now: True to promote the best trial so far of a sweep that has not ended.
            trial: Name of the trial on the Pareto front, of a sweep with several objectives.

        Returns:
            The version, with its name, its number, and the run.

        Raises:
            SweepError: The sweep runs, there is no model, or the server refuses it.
        """
        from .promotion import promote

        places = (name or self.name, model, alias, tracking_uri)
        return promote(self.body, *places, trial, self._objects.trials, now=now)

    def retrain_job(self, *, now: bool = False, trial: str = "") -> dict[str, Any]:
        """Return the manifest of a Job that trains again with the best parameters.

        Args:
            now: True to use the best trial so far of a sweep that has not ended.
            trial: Name of the trial on the Pareto front, of a sweep with several objectives.

        Raises:
            SweepError: The sweep runs, no trial has a value, or a single Job cannot do it.
        """
        from .promotion import manifest_of_retraining

        return manifest_of_retraining(self.body, self._objects.trials(), trial, now=now)

    def wait_for_completion(
        self,
        show_output: bool = False,
        timeout: float | None = None,
        raise_on_error: bool = True,
        wait_post_processing: bool = False,
    ) -> SweepRun:
        """Wait until the sweep has ended.

        Args:
            show_output: True to show its progress.
            timeout: Seconds to wait at most; None to wait without limit.
            raise_on_error: False to return normally even if the sweep has failed.
            wait_post_processing: Azure's; ignored.

        Returns:
            The sweep itself.

        Raises:
            SweepError: The sweep has failed, or its spec is invalid.
            TimeoutError: The sweep has not ended in time.
        """
        from .wait import follow, wait

        (follow if show_output else wait)(self, timeout)
        cause = self._condition("Failed")
        if self.phase == SweepPhase.INVALID:
            cause = self._condition("Accepted")
        if self.phase != SweepPhase.COMPLETE and raise_on_error:
            raise SweepError(f"{self.name}: {cause.get('reason')}: {cause.get('message')}")
        return self

    def stream(self) -> None:
        """Show the progress in the terminal or the notebook until the sweep has ended."""
        from .wait import follow

        follow(self, None)

    def plot(self) -> Figure:
        """Return a figure of the best value over trials, the learning curves and the parameters.

        Raises:
            SweepError: matplotlib is not installed.
        """
        from .plots import overview

        return overview(*self.views(), time.time())

    def widget(self, interval: float = 2.0) -> SweepWidget:
        """Display the sweep in a notebook, and update the display while other cells run.

        Args:
            interval: Seconds between two updates.

        Returns:
            The widget; its ``stop()`` ends the updates.
        """
        from .widget import SweepWidget

        widget = SweepWidget(self, interval)
        widget.display()
        return widget

    def _display(self) -> tuple[str, str]:
        from ..render.screen import sweep_screen
        from .notebook import sweep_table

        sweep, trials = self.views()
        text = "\n".join(sweep_screen(sweep, trials, time.time()))
        return sweep_table(sweep, trials), text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.phase})"
