"""A submitted sweep: its results, its lifecycle, and waiting for its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..api.phases import SweepPhase
from ..api.sweeptrial.annotations import AnnotationChange
from ..read_model.sweep_view import SweepView
from .displays import Displayed
from .sweep_objects import SweepError
from .sweep_results import SweepResults
from .trial_run import TrialRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..promotion.model_registration import ModelVersion
    from .widget import SweepWidget


class SweepRun(SweepResults, Displayed):
    """A submitted sweep. Each property and method reads the current state.

    A notebook displays it as a table; ``plot()`` returns a figure.
    """

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

    def tag_trial(self, trial: str, tags: Mapping[str, object]) -> None:
        """Set tags of a trial, which ``trials()`` and ``kubectl get sweeptrials -l`` have. Others stay.

        Args:
            trial: Name of the trial.
            tags: Values by key; None removes a tag.

        Raises:
            SweepError: There is no such trial, a tag is not allowed, or the trial cannot be changed.
        """
        texts = {key: None if value is None else str(value) for key, value in tags.items()}
        self._annotate(trial, AnnotationChange(texts))

    def note_trial(self, trial: str, text: str) -> None:
        """Set the note of a trial. It replaces an earlier one.

        Args:
            trial: Name of the trial.
            text: The note; an empty text removes it.

        Raises:
            SweepError: There is no such trial, the text is not allowed, or the trial cannot be changed.
        """
        self._annotate(trial, AnnotationChange(note=text))

    def _annotate(self, name: str, change: AnnotationChange) -> None:
        try:
            change.check(self._trial(name).tags)
        except ValueError as error:
            raise SweepError(f"{name}: {error}") from None
        self._objects.annotate(name, change)

    def _trial(self, name: str) -> TrialRun:
        """Return a trial.

        Raises:
            SweepError: There is none of that name.
        """
        found = next((trial for trial in self.trials() if trial.name == name), None)
        if found is None:
            raise SweepError(f"{self.name} has no trial {name}; see trials()")
        return found

    def _unfinished(self, name: str, verb: str) -> TrialRun:
        """Return a trial that has not ended.

        Raises:
            SweepError: There is none of that name.
        """
        found = self._trial(name)
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
