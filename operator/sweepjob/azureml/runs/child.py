"""``TrialOfSweep``: a trial of a submitted sweep, with the methods of ``azureml.core.Run``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...sdk.displays import Displayed
from ...sdk.sweep_objects import SweepObjects
from ...sdk.trial_run import TrialRun
from ...training.record import logged_metrics, logged_tags
from ...training.run_files import ITS_OWN_NAME, copy_all, copy_to
from ...training.unused_arguments import unused_arguments
from .._other_members import OtherMembers
from .._reasons import DROPPED
from ..exceptions import NotSupported, UserErrorException
from ..models import RegisteredModel, register
from .details import trial_details
from .files import FetchedFiles
from .metrics import Metrics, curve_metrics

_POLL_INTERVAL = 1.0  # seconds


class RunMembers(OtherMembers):
    """Members of Azure's ``Run`` that a submitted run does not have."""

    _refused: ClassVar[Mapping[str, str]] = {
        "log log_accuracy_table log_confusion_matrix log_image log_list log_predictions log_residuals "
        "log_row log_table upload_file upload_files upload_folder": "only the training script reports: "
        "call it in the script, on Run.get_context()",
        "add_properties remove_tags set_tags tag": "tags of a sweep are set when it is submitted: "
        "Experiment.submit(config, tags={...}); those of a trial by sweepjob tag TRIAL KEY=VALUE",
        "child_run create_children submit_child start complete fail": "a trial is a process of its own; "
        "Run.get_context() of the script has it",
        "get_snapshot_id restore_snapshot take_snapshot": "code is not stored by run; the hash of a "
        "snapshot is status.code of the trial",
        "get_secret get_secrets": "a secret is an environment variable: ws.get_default_keyvault()",
        "publish_pipeline": "nothing is published; apply the SweepJob from a CronJob",
        "get_graph save": "only the sweep runs here; there is no graph of steps",
        "get_docs_url identity": "it has no equivalent; remove this line",
    }
    _ignored: ClassVar[Mapping[str, str]] = {
        "clean flush": "nothing is kept on this machine before a report is sent",
    }


class TrialOfSweep(Displayed, RunMembers):
    """A trial.

    It has the attributes of :class:`sweepjob.sdk.trial_run.TrialRun` as well, such as ``parameters``.

    Args:
        trial: The state of the trial.
        parent: The sweep, a ``HyperDriveRun``.
        objects: The objects of the sweep.
    """

    type = "azureml.scriptrun"

    def __init__(self, trial: TrialRun, parent: Any, objects: SweepObjects) -> None:
        self._trial, self.parent, self._objects = trial, parent, objects
        self._files = FetchedFiles(objects, trial.name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if hasattr(self._trial, name):
            return getattr(self._trial, name)
        return super().__getattr__(name)

    @property
    def experiment(self) -> Any:
        """The experiment of the sweep."""
        return self.parent.experiment

    @property
    def display_name(self) -> str:
        """Name of the trial."""
        return self._trial.name

    @property
    def number(self) -> int:
        """Index of the trial."""
        return self._trial.index

    @property
    def status(self) -> str:
        """Azure's name of the phase as it was when the trial was read."""
        return self._trial.status

    def refresh(self) -> TrialOfSweep:
        """Read the trial again."""
        found = next((t for t in self.parent.trials() if t.name == self._trial.name), None)
        if found is not None:
            self._trial = found
        return self

    def get_status(self) -> str:
        """Return Azure's name of the current phase."""
        return self.refresh().status

    def get_detailed_status(self) -> dict[str, str]:
        """Return the phase, and the message about it."""
        return {"status": self.get_status(), "details": self._trial.message}

    def get_environment(self) -> Any:
        """Return the environment of the sweep's definition.

        Raises:
            NotSupported: The sweep was not submitted by this program.
        """
        config = self.parent.hyperdrive_config
        if config is None:
            raise NotSupported(
                f"get_environment: {self.id} was not submitted by this program; its image is "
                "spec.trial.image of the sweep"
            )
        return config.run_config.environment

    def get_all_logs(self, destination: str | None = None) -> list[str]:
        """Write the log of the trial to a folder, and return its path.

        Args:
            destination: The folder; the current one by default.
        """
        path = Path(destination or ".", "user_logs", "std_log.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.refresh()._trial.log or "")
        return [str(path)]

    def log(self, name: str, value: Any, **azure: Any) -> None:
        """Not supported; raises NotSupported.

        Args:
            name: Name of the metric.
            value: Its value.
            azure: Azure's other arguments.
        """
        raise NotSupported(
            f"{self.id}.log: only the training script reports: call it on Run.get_context() there. "
            "What the script printed is in get_all_logs()"
        )

    def cancel(self) -> None:
        """Not supported; raises NotSupported."""
        raise NotSupported(
            f"{self.id}.cancel: one trial cannot be cancelled; an early termination policy stops trials, "
            "and cancel() of the sweep stops all"
        )

    @property
    def portal_url(self) -> str:
        """The command that shows the trial."""
        return self.get_portal_url()

    def get_details(self) -> dict[str, Any]:
        """Return status, times and ``runDefinition`` with the arguments of the script, as in Azure."""
        logs = {"user_logs/std_log.txt": f"kubectl sweepjob logs {self._trial.name}"}
        return trial_details(self.refresh()._trial, self._objects.sweep(), logs)

    get_details_with_logs = get_details

    @unused_arguments(harmless="recursive run_type populate", by_position="run_type populate")
    def get_metrics(
        self, name: str | None = None, recursive: bool = False, **azure: Any
    ) -> dict[str, Any]:
        """Return the metrics: those that the script has logged with ``Run``, or the reports of the sweep.

        Of metrics besides the primary one that were not logged with ``Run``, at most 65 values are kept.

        Args:
            name: Name of one metric; all by default.
            recursive: Azure's; a trial has no runs within it.
            azure: Azure's ``run_type`` and ``populate``.
        """
        trial = self.refresh()._trial
        metric = self.parent.primary_metric
        found = curve_metrics(metric, trial.values)
        for other, curve in trial.metrics.items():
            found |= curve_metrics(other, tuple(value for _, value in curve.points()))
        # Each look at the files of a trial on a cluster takes a pod.
        is_needed = name != metric and trial.is_finished
        logged = logged_metrics(self._entries()) if is_needed else {}
        # An early attempt may have reported; the curve has all attempts.
        primary = {metric: found.pop(metric)} if metric in found else {}
        found = {**found, **logged, **({} if set(primary) <= set(logged) else primary)}
        return Metrics(found if name is None else {k: v for k, v in found.items() if k == name})

    def get_tags(self) -> dict[str, Any]:
        """Return the tags that people and the script have set, and the parameters of the trial."""
        parameters = {name: str(value) for name, value in self._trial.flat_parameters.items()}
        own = {**self._trial.tags, **logged_tags(self._entries())}
        return {"hyperparameters": str(parameters), **own}

    @property
    def tags(self) -> dict[str, Any]:
        """The tags; see ``get_tags``."""
        return self.get_tags()

    def get_properties(self) -> dict[str, str]:
        """Return the reason and the message of the phase."""
        return {"reason": self._trial.reason, "message": self._trial.message}

    @property
    def properties(self) -> dict[str, str]:
        """The reason and the message of the phase."""
        return self.get_properties()

    @unused_arguments(
        harmless="recursive tags properties type status _rehydrate_runs",
        by_position="tags properties type status",
    )
    def get_children(self, recursive: bool = False, **azure: Any) -> list[Any]:
        """Return no runs: runs within a trial are part of its metrics.

        Args:
            recursive: Azure's; there are no runs.
            azure: Azure's filters.
        """
        return []

    def get_file_names(self) -> list[str]:
        """Return the names of the files, such as ``outputs/model.pkl``.

        Raises:
            UserErrorException: The outputs of the trial are not kept.
        """
        names: list[str] = self._fetched().names()
        return names

    @unused_arguments(harmless="_validate_checksum")
    def download_file(self, name: str, output_file_path: str | None = None, **azure: Any) -> None:
        """Download a file.

        Args:
            name: Name of the file.
            output_file_path: Path, or folder, to write it to.
            azure: No other argument is taken.

        Raises:
            UserErrorException: There is no such file.
        """
        files = self._fetched()
        try:
            copy_to(files.path(name), name, output_file_path)
        except FileNotFoundError:
            listed = ", ".join(files.names()) or "none"
            raise UserErrorException(f"{self.id}: no file {name}; there are: {listed}") from None

    @unused_arguments(
        {"output_paths": ITS_OWN_NAME},
        harmless="batch_size timeout_seconds",
        by_position="output_paths batch_size append_prefix timeout_seconds",
    )
    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | None = None,
        *,
        append_prefix: bool = True,
        **azure: Any,
    ) -> None:
        """Download files with their folders.

        Args:
            prefix: What their names begin with; all by default.
            output_directory: Folder to write them to; the current one by default.
            append_prefix: False to leave the prefix out of the paths of the copies.
            azure: Azure's other arguments; ``output_paths`` is not used, with a warning.
        """
        copy_all(self._fetched(), prefix, output_directory, append_prefix=append_prefix)

    @unused_arguments(
        harmless="model_framework model_framework_version datasets sample_input_dataset "
        "sample_output_dataset resource_configuration",
        by_position="model_framework model_framework_version description datasets sample_input_dataset "
        "sample_output_dataset resource_configuration",
        others=DROPPED,
    )
    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        *,
        description: str | None = None,
        **azure: Any,
    ) -> RegisteredModel:
        """Copy a file or a folder of the trial to the models of this machine, as a new version.

        Args:
            model_name: Name of the model.
            model_path: Name of the file or folder, such as ``outputs/model.pkl``; ``outputs`` by default.
            tags: Tags of the model.
            properties: Properties of the model.
            description: Description of the model.
            azure: Azure's other arguments, which describe the model.

        Raises:
            UserErrorException: There is no such file or folder.
        """
        files = self._fetched()
        name = model_path or "outputs"
        source = files.path(name)
        if not source.exists():
            listed = ", ".join(files.names()) or "none"
            raise UserErrorException(
                f"register_model: {self.id}: no file {name}; there are: {listed}"
            )
        return register(
            model_name,
            source,
            {**(tags or {}), "run_id": self.id},
            properties,
            description,
        )

    @unused_arguments(harmless="show_output wait_post_processing")
    def wait_for_completion(
        self,
        show_output: bool = False,
        wait_post_processing: bool = False,
        raise_on_error: bool = True,
    ) -> dict[str, Any]:
        """Wait until the trial has ended, and return its details.

        Args:
            show_output: Azure's; the log is in ``get_all_logs``.
            wait_post_processing: Azure's; there is no such time.
            raise_on_error: False to return normally even if the trial has failed.

        Raises:
            ActivityFailedException: The trial has failed.
        """
        from ..exceptions import ActivityFailedException

        while not self.refresh().is_finished:
            time.sleep(_POLL_INTERVAL)
        if raise_on_error and self.status == "Failed":
            raise ActivityFailedException(f"{self.id}: {self._trial.message}")
        return self.get_details()

    def get_portal_url(self) -> str:
        """Return the command that shows the trial."""
        return f"kubectl sweepjob explain {self.id}"

    def _fetched(self) -> Any:
        return self._files.fetch(self._trial.is_finished)

    def _entries(self) -> list[dict[str, Any]]:
        """Return the record of the script; none where its outputs are not kept."""
        try:
            entries: list[dict[str, Any]] = self._fetched().entries()
        except UserErrorException:
            return []
        return entries

    def _display(self) -> tuple[str, str]:
        return self._trial._display()

    def __repr__(self) -> str:
        return f"Run(Experiment: {self.experiment.name}, Id: {self.id}, Status: {self.status})"
