"""A run of a script that is no sweep: a sweep of one trial."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...sdk.expressions import Choice
from ...sdk.job import SweepJob
from ...sdk.limits import Objective, SweepJobLimits
from ...training.unused_arguments import unused_arguments
from ..runs.hyperdrive_run import HyperDriveRun
from .script_run_config import ScriptRunConfig
from .trial_parts import TrialParts, TrialResolver

if TYPE_CHECKING:
    from ...loading.azure_map import AzureMap

_LOGGED = re.compile(r"\blog(?:_metric)?\(\s*(?:name\s*=\s*)?[rbu]?[\"']([^\"'{}]+)[\"']")
_DEFAULT_METRIC = "metric"
_PARAMETER = "run"
_START_TIMEOUT = 60.0  # seconds for the trial of a new sweep to be created


class SingleRunConfig:
    """The definition of a run.

    Args:
        config: The script.
    """

    def __init__(self, config: ScriptRunConfig) -> None:
        self.run_config = config

    def trial_parts(
        self, azure_map: AzureMap | None = None, *, is_local: bool = False
    ) -> TrialParts:
        """Return what the trial runs.

        Args:
            azure_map: The Azure map; by default that of the environment or the current folder.
            is_local: Whether the trial will run on this machine.

        Raises:
            ArgumentError: Something is missing or unsupported; the message lists all, a line each.
        """
        if azure_map is None:
            from .._azure_map import load_map

            azure_map = load_map()
        return TrialResolver(self.run_config, {}, azure_map, is_local).resolve()

    def sweep_of(self, parts: TrialParts) -> SweepJob:
        """Return the sweep of one trial.

        Args:
            parts: What it runs.
        """
        # An unused parameter would be a warning.
        parts.command.environment_variables["SWEEPJOB_RUN"] = f"${{{{search_space.{_PARAMETER}}}}}"
        return SweepJob(
            objective=Objective("maximize", _logged_metric(self.run_config)),
            sampling_algorithm="grid",
            search_space={_PARAMETER: Choice([1])},
            limits=SweepJobLimits(
                max_total_trials=1, trial_timeout=self.run_config.max_run_duration_seconds
            ),
            trial=parts.command,
        )


def _logged_metric(config: ScriptRunConfig) -> str:
    """Return the first metric that the script logs, since a sweep has one."""
    path = Path(config.source_directory or ".", config.script or "")
    try:
        found = _LOGGED.search(path.read_text(errors="replace"))
    except OSError:
        return _DEFAULT_METRIC
    return found[1] if found else _DEFAULT_METRIC


class SingleRun:
    """A submitted run: the only trial of its sweep. It has the methods of ``azureml.core.Run``.

    Args:
        sweep: The sweep of one trial.
    """

    def __init__(self, sweep: HyperDriveRun) -> None:
        self.sweep = sweep

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._trial(), name)

    def _trial(self) -> Any:
        """Return the trial, which the sweep creates within seconds.

        Raises:
            TimeoutError: It has not been created.
        """
        deadline = time.monotonic() + _START_TIMEOUT
        while not (children := self.sweep.get_children()):
            if self.sweep.is_finished or time.monotonic() > deadline:
                raise TimeoutError(
                    f"{self.sweep.name}: has no trial: {self.sweep.get_diagnostics()}"
                )
            time.sleep(0.2)
        return children[0]

    @unused_arguments(harmless="wait_post_processing")
    def wait_for_completion(
        self,
        show_output: bool = False,
        wait_post_processing: bool = False,
        raise_on_error: bool = True,
    ) -> dict[str, Any]:
        """Wait until the run has ended, and return its details.

        Args:
            show_output: True to show its progress.
            wait_post_processing: Azure's; there is no such time.
            raise_on_error: False to return normally even if the run has failed.

        Raises:
            SweepError: The run has failed.
        """
        self.sweep.wait_for_completion(show_output, raise_on_error=raise_on_error)
        found: dict[str, Any] = self._trial().get_details()
        return found

    def cancel(self) -> None:
        """Stop the run."""
        self.sweep.cancel()

    def _display(self) -> tuple[str, str]:
        forms: tuple[str, str] = self.sweep._display()
        return forms

    def __repr__(self) -> str:
        sweep = self.sweep
        return f"Run(Experiment: {sweep.experiment.name}, Id: {sweep.name}, Status: {sweep.status})"
