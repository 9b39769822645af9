"""``HyperDriveRun``: a submitted sweep."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...api import names
from ...read_model.sweep_view import SweepView
from ...sdk.run import SweepRun
from ...sdk.sweep_objects import NotFound, SweepObjects
from ...training.unused_arguments import level_of_the_program, unused_arguments
from ..exceptions import NotSupported, UserErrorException
from ..models import RegisteredModel
from .child import RunMembers, TrialOfSweep
from .details import sweep_details
from .metrics import Metrics, curve_metrics
from .step_output import StepOutput


class HyperDriveRun(RunMembers, SweepRun):
    """A submitted sweep of an experiment.

    Args:
        experiment: The experiment.
        run_id: Name of the sweep.
        hyperdrive_config: Its definition; None if it was not submitted by this program.
        objects: Its objects; looked up in the workspace by default.
    """

    type = "hyperdrive"

    @unused_arguments(harmless="")
    def __init__(
        self,
        experiment: Any,
        run_id: str,
        hyperdrive_config: Any = None,
        *,
        objects: SweepObjects | None = None,
        **azure: Any,
    ) -> None:
        super().__init__(experiment.workspace.objects(run_id) if objects is None else objects)
        self.experiment, self.hyperdrive_config = experiment, hyperdrive_config

    @property
    def display_name(self) -> str:
        """Name of the sweep."""
        return self.name

    @property
    def number(self) -> int:
        """Always 1."""
        return 1

    @property
    def parent(self) -> None:
        """None: a sweep has no parent."""
        return

    @unused_arguments(
        {"tags properties type": "the trials of all are returned"},
        harmless="recursive _rehydrate_runs",
        by_position="tags properties type status",
    )
    def get_children(
        self, recursive: bool = False, *, status: str | None = None, **azure: Any
    ) -> list[Any]:
        """Return the trials.

        Args:
            recursive: Azure's; trials have no runs within them.
            status: Only trials of this status.
            azure: Azure's other filters; not used, with a warning.
        """
        found = [TrialOfSweep(trial, self, self._objects) for trial in self.trials()]
        return [child for child in found if status in (None, child.status)]

    def get_steps(self) -> list[Any]:
        """Return the run of the only step of a pipeline that runs here: the sweep itself."""
        return [self]

    def find_step_run(self, name: str) -> list[Any]:
        """Return the runs of the steps of a name: the sweep, or none, since other steps do not run.

        Args:
            name: Name of the step.
        """
        own = getattr(self.hyperdrive_config, "step_name", "")
        return [self] if name in (own, self.name) else []

    @property
    def best(self) -> Any:
        """The best trial so far; None until a trial has reported."""
        found = super().best
        return None if found is None else TrialOfSweep(found, self, self._objects)

    def get_best_run_by_primary_metric(
        self,
        include_failed: bool = True,
        include_canceled: bool = True,
        include_resume_from_runs: bool = True,
    ) -> Any:
        """Return the best trial; None without a value.

        Args:
            include_failed: False to leave failed trials out.
            include_canceled: False to leave canceled and early-stopped trials out.
            include_resume_from_runs: False to leave out the trials of the sweeps that this one resumes.
                A sweep that is gone, or has another metric, is left out with a warning.
        """
        found = [self._best_of(self, include_failed, include_canceled)]
        if include_resume_from_runs:
            for run in self._resumed():
                found.append(self._best_of(run, include_failed, include_canceled))
        goal = self.goal
        # Of equal trials the first counts: one of this sweep.
        return max(filter(None, found), key=lambda trial: trial.score(goal), default=None)

    @staticmethod
    def _best_of(run: HyperDriveRun, include_failed: bool, include_canceled: bool) -> Any:
        """Return the best trial of one sweep alone."""
        found = SweepRun.get_best_run_by_primary_metric(run, include_failed, include_canceled)
        return None if found is None else TrialOfSweep(found, run, run._objects)

    def _resumed(self) -> Iterator[HyperDriveRun]:
        """Yield the sweeps that this one resumes and that can be compared with it."""
        for name in (self.body["spec"].get("warmStart") or {}).get("sweeps") or ():
            why = ""
            try:
                run = HyperDriveRun(self.experiment, name, objects=self._objects_of(name))
                if (run.primary_metric, run.goal) == (self.primary_metric, self.goal):
                    yield run
                else:
                    why = f"its objective is to {run.goal.value} {run.primary_metric}"
            except NotFound as error:
                why = str(error)
            if why:
                warnings.warn(
                    f"get_best_run_by_primary_metric: the trials of {name} are not compared: {why}; "
                    "include_resume_from_runs=False leaves such trials out",
                    stacklevel=level_of_the_program(),
                )

    def _objects_of(self, sweep: str) -> SweepObjects:
        """Return the access to another sweep in the same place.

        Raises:
            NotFound: This machine has no such sweep.
        """
        if not self._objects.namespace:
            from ...sdk.local import FolderSweepObjects, sweep_folder

            return FolderSweepObjects(sweep_folder(sweep), sweep)
        from ...sdk.cluster_sweep_objects import ClusterSweepObjects

        workspace = self.experiment.workspace
        client = getattr(workspace, "client", workspace)
        return ClusterSweepObjects(client.api, self._objects.namespace, sweep)

    @unused_arguments(
        harmless="recursive run_type populate", by_position="recursive run_type populate"
    )
    def get_metrics(self, name: str | None = None, **azure: Any) -> dict[str, dict[str, Any]]:
        """Return the values of a metric, under its name, by trial name.

        Args:
            name: Name of the metric; the primary one by default. Each trial is asked for another one.
            azure: Azure's ``recursive``, ``run_type`` and ``populate``.
        """
        metric = self.primary_metric
        if name not in (None, metric):
            return {child.id: child.get_metrics(name) for child in self.get_children()}
        return {t.name: Metrics(curve_metrics(metric, t.values)) for t in self.trials()}

    def get_details(self) -> dict[str, Any]:
        """Return status, times and properties, as in Azure."""
        view = SweepView.of(self.body)
        return sweep_details(self.body, self.status, self.properties, view.created, view.completed)

    get_details_with_logs = get_details

    def get_tags(self) -> dict[str, str]:
        """Return the tags of the sweep, and the parameters of each trial as JSON, as in Azure."""
        notes: Mapping[str, str] = self.body["metadata"].get("annotations") or {}
        prefix = f"tags.{names.GROUP}/"
        own = {k.removeprefix(prefix): v for k, v in notes.items() if k.startswith(prefix)}
        return own | {f"_aml_system_{n}": v for n, v in self.get_hyperparameters().items()}

    @property
    def tags(self) -> dict[str, str]:
        """The tags; see ``get_tags``."""
        return self.get_tags()

    def get_properties(self) -> dict[str, str]:
        """Return ``best_child_run_id`` and ``score``."""
        return self.properties

    def get_diagnostics(self) -> dict[str, str]:
        """Return the conditions of the sweep: their messages by type."""
        conditions = (self.body.get("status") or {}).get("conditions") or ()
        return {c["type"]: c.get("message", "") for c in conditions}

    def get_file_names(self) -> list[str]:
        """Return the names of the best trial's files; none until a trial has reported."""
        best = self.best
        return [] if best is None else list(best.get_file_names())

    @unused_arguments(harmless="_validate_checksum")
    def download_file(self, name: str, output_file_path: str | None = None, **azure: Any) -> None:
        """Download a file of the best trial.

        Args:
            name: Name of the file.
            output_file_path: Path, or folder, to write it to.
            azure: No other argument is taken.

        Raises:
            UserErrorException: There is no best trial, or no such file.
        """
        self._best_trial().download_file(name, output_file_path)

    @unused_arguments(
        by_position="output_paths batch_size append_prefix timeout_seconds", passes_others_on=True
    )
    def download_files(
        self, prefix: str | None = None, output_directory: str | None = None, **azure: Any
    ) -> None:
        """Download files of the best trial.

        Args:
            prefix: What their names begin with.
            output_directory: Folder to write them to.
            azure: Azure's other arguments, as of a trial.

        Raises:
            UserErrorException: There is no best trial.
        """
        self._best_trial().download_files(prefix, output_directory, **azure)

    @unused_arguments(
        by_position="model_framework model_framework_version description datasets sample_input_dataset "
        "sample_output_dataset resource_configuration",
        passes_others_on=True,
    )
    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Any = None,
        properties: Any = None,
        **azure: Any,
    ) -> RegisteredModel:
        """Copy a file or a folder of the best trial to the models of this machine.

        Args:
            model_name: Name of the model.
            model_path: Name of the file or folder.
            tags: Tags of the model.
            properties: Properties of the model.
            azure: Azure's other arguments, as of a trial.

        Raises:
            UserErrorException: There is no best trial, or no such file.
        """
        found: RegisteredModel = self._best_trial().register_model(
            model_name, model_path, tags, properties, **azure
        )
        return found

    def get_environment(self) -> Any:
        """Return the environment of the definition.

        Raises:
            UserErrorException: There is no best trial.
            NotSupported: The sweep was not submitted by this program.
        """
        return self._best_trial().get_environment()

    def get_all_logs(self, destination: str | None = None) -> list[str]:
        """Write the logs of the trials to a folder, and return their paths.

        Args:
            destination: The folder; the current one by default.
        """
        root = Path(destination or ".")
        found = [child.get_all_logs(str(root / child.id)) for child in self.get_children()]
        return [path for paths in found for path in paths]

    @property
    def portal_url(self) -> str:
        """The command that shows the sweep in a browser."""
        return self.get_portal_url()

    @unused_arguments(harmless="wait_post_processing")
    def wait_for_completion(  # type: ignore[override] # in the order of Azure
        self,
        show_output: bool = False,
        wait_post_processing: bool = False,
        raise_on_error: bool = True,
        *,
        timeout: float | None = None,
    ) -> Any:
        """Wait until the sweep has ended, and return its details, as in Azure.

        Args:
            show_output: True to show its progress.
            wait_post_processing: Azure's; there is no such time.
            raise_on_error: False to return normally even if the sweep has failed.
            timeout: Seconds to wait at most; None to wait without limit. Not in Azure.

        Raises:
            SweepError: The sweep has failed, or its spec is invalid.
            TimeoutError: The sweep has not ended in time.
        """
        super().wait_for_completion(show_output, timeout, raise_on_error)
        return self.get_details()

    def get_pipeline_output(self, name: str) -> Any:
        """Return an output of the sweep step: metrics of all trials, or files of the best one.

        Args:
            name: Name of the output, ``pipeline_output_name``.

        Raises:
            NotSupported: The sweep step has no such output; other steps do not run here.
        """
        found = getattr(self.hyperdrive_config, "step_outputs", ())
        for output in found:
            kind = getattr(output, "training_output", None)
            if kind is not None and name in (output.pipeline_output_name, output.name):
                return StepOutput(self, name, kind.type, kind.model_file)
        names = [getattr(output, "pipeline_output_name", None) or output.name for output in found]
        listed = ", ".join(map(str, names)) or "none"
        raise NotSupported(
            f"get_pipeline_output({name!r}): the sweep step has no such output, and it runs alone; "
            f"there are: {listed}. For metrics use get_metrics(), for a model "
            "get_best_run_by_primary_metric().download_files()"
        )

    def get_portal_url(self) -> str:
        """Return the command that shows the sweep in a browser."""
        return f"kubectl sweepjob ui {self.name}"

    def _best_trial(self) -> Any:
        best = self.best
        if best is None:
            raise UserErrorException(SweepView.of(self.body).no_best_yet)
        return best
