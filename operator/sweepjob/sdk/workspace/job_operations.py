"""``MLClient(...).jobs``: submits sweeps to the cluster, or to this machine."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...training.unused_arguments import level_of_the_program, unused_arguments
from ..arguments import ArgumentError
from ..azure_objects import JobService
from ..azure_resolution import Resolver
from ..client import unique_name
from ..job import Command, SweepJob, SweepWarning
from ..object_name import object_name
from ..run import SweepRun
from ..sweep_objects import NotFound
from ..trial_run import TrialRun
from .backends import Backend
from .pipelines import PipelineJob, with_pipeline

_FILES_OF_A_RUN = "default"


class CommandRun:
    """A command that was submitted and does not run, since it is no sweep.

    Attributes:
        job: the command.
        name: a name.
    """

    status = "NotStarted"
    studio_url = ""

    def __init__(self, job: Command) -> None:
        self.job = job
        self.name = unique_name(object_name(job.name or job.display_name or "command"))

    @property
    def services(self) -> dict[str, JobService]:
        """The page in Azure's studio, which is empty here."""
        return {"Studio": JobService(endpoint=self.studio_url, type="Studio")}

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the command."""
        return getattr(self.job, name)


class JobOperations:
    """Operations on sweeps, with the arguments of Azure's client.

    Args:
        backend: where sweeps run.
        resolver: resolves Azure names.
    """

    def __init__(self, backend: Backend, resolver: Resolver) -> None:
        self._backend, self._resolver = backend, resolver
        self._commands: dict[str, CommandRun] = {}

    @unused_arguments({"skip_validation": "a sweep is always checked"})
    def create_or_update(
        self,
        job: Any,
        *,
        description: str | None = None,
        compute: str | None = None,
        tags: Mapping[str, str] | None = None,
        experiment_name: str | None = None,
        skip_validation: bool = False,
        inputs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Submit a sweep, or the sweep step of a pipeline.

        Args:
            job: The sweep or the pipeline.
            description: Description, in place of the job's own.
            compute: Compute target, in place of the job's own.
            tags: Tags in addition to the job's own.
            experiment_name: Experiment name, in place of the job's own.
            skip_validation: Azure's; a sweep is always checked, with a warning.
            inputs: Values in place of the outputs of other steps, by the input's name.

        Returns:
            The run.

        Raises:
            ArgumentError: The sweep has errors, or the job is no sweep.
            SweepError: The API server refuses it.
        """
        if isinstance(job, Command):
            return self._command(job)
        if isinstance(job, PipelineJob):
            job = job.sweep_step(experiment_name)
        if not isinstance(job, SweepJob):
            kind = type(job).__name__
            raise ArgumentError(
                f"{kind}: only sweeps are submitted, made by command(...).sweep(...)"
            )
        job = copy.deepcopy(with_pipeline(job))
        if job.name is not None and job.name == job.proposed_name:
            job.name = unique_name(job.name)  # as in Azure, a new sweep each time
        changes = {"description": description, "compute": compute}
        for name, value in {**changes, "experiment_name": experiment_name}.items():
            if value is not None:
                setattr(job, name, value)
        job.tags = {**job.tags, **(tags or {})}
        job.inputs = {**job.inputs, **(inputs or {})}
        return self._backend.submit(job, self._resolver)

    def _command(self, job: Command) -> CommandRun:
        run = CommandRun(job)
        message = (
            f"{run.name}: is a command and not a sweep; it is not run. Make it a sweep with "
            "job(...).sweep(...), or run it as a Job of Kubernetes"
        )
        warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())
        self._commands[run.name] = run
        return run

    def validate(self, job: SweepJob, *, raise_on_failure: bool = False) -> list[str]:
        """Return the errors of a sweep.

        Args:
            job: The sweep.
            raise_on_failure: True to raise them.

        Raises:
            ArgumentError: The sweep has errors, and ``raise_on_failure`` is True.
        """
        try:
            job.validate(self._resolver)
        except ArgumentError as error:
            if raise_on_failure:
                raise
            return str(error).splitlines()
        return []

    def get(self, name: str) -> Any:
        """Return the sweep or the trial of a name.

        Args:
            name: Name of the sweep, or of a trial, such as ``properties["best_child_run_id"]``.

        Raises:
            NotFound: There is neither.
        """
        if name in self._commands:
            return self._commands[name]
        try:
            return self._backend.get(name)
        except NotFound:
            found = self._trial(name)
            if found is None:
                raise
            return found

    def _trial(self, name: str) -> TrialRun | None:
        """Return the trial of a name; None without one."""
        sweep, _, index = name.rpartition("-")
        if not sweep or not index.isdecimal():
            return None
        try:
            trials = self._backend.get(sweep).trials()
        except NotFound:
            return None
        return next((trial for trial in trials if trial.name == name), None)

    @unused_arguments({"list_view_type": "nothing is archived here; all jobs are returned"})
    def list(
        self, *, parent_job_name: str | None = None, **azure: Any
    ) -> Sequence[SweepRun] | Sequence[TrialRun]:
        """Return all sweeps, the newest first, or the trials of one.

        Args:
            parent_job_name: Name of the sweep whose trials to return.
            azure: Azure's ``list_view_type``; not used, with a warning.
        """
        if parent_job_name is not None:
            return self._backend.get(parent_job_name).trials()
        return self._backend.list()

    def stream(self, name: str) -> None:
        """Show the progress of a sweep until it has ended. A command was not run: a warning says so.

        Args:
            name: Name of the sweep.

        Raises:
            SweepError: The sweep has failed.
        """
        if name in self._commands:
            message = (
                f"{name}: is a command and not a sweep; it was not run, so there is no progress"
            )
            warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())
            return
        self._backend.get(name).wait_for_completion(show_output=True)

    def cancel(self, name: str) -> None:
        """Stop a sweep.

        Args:
            name: Name of the sweep.
        """
        self._backend.get(name).cancel()

    def begin_cancel(self, name: str) -> Any:
        """Stop a sweep.

        Args:
            name: Name of the sweep.
        """
        from .asset_operations import Poller

        self.cancel(name)
        return Poller(None)

    @unused_arguments(harmless="all")
    def download(
        self,
        name: str,
        *,
        download_path: str | Path = ".",
        output_name: str | None = None,
        all: bool = False,
    ) -> Sequence[str]:
        """Download the outputs of a sweep's best trial, or of a trial.

        Args:
            name: Name of a sweep or a trial.
            download_path: Folder that the output folders are written to.
            output_name: Name of one output; all by default, and for ``default``, Azure's name of the
                files of a run.
            all: Azure's; all outputs are downloaded unless one is named.

        Returns:
            The folders that were written.
        """
        chosen = None if output_name == _FILES_OF_A_RUN else output_name
        return self._backend.download(name, str(download_path), chosen)

    def archive(self, name: str) -> None:
        """Say that nothing is archived: a sweep is kept or deleted.

        Args:
            name: Name of the sweep.
        """
        self._backend.get(name)
        message = (
            f"{name}: nothing is archived; the sweep is kept, kubectl delete sweepjob deletes it"
        )
        warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())

    def restore(self, name: str) -> None:
        """Do nothing: nothing is archived.

        Args:
            name: Name of the sweep.
        """
        self._backend.get(name)

    def begin_delete(self, name: str, **azure: Any) -> Any:
        """Not supported; raises ArgumentError.

        Args:
            name: Name of the sweep.
            azure: Azure's other arguments; not used.

        Raises:
            ArgumentError: A sweep is deleted with kubectl.
        """
        raise ArgumentError(
            f"jobs: {name}: a sweep is not changed or deleted from here: kubectl delete sweepjob {name}"
        )

    update = begin_delete

    @unused_arguments(harmless="node_index")
    def show_services(self, name: str, node_index: int = 0) -> Mapping[str, Any]:
        """Return the services of a sweep: its page.

        Args:
            name: Name of the sweep.
            node_index: Azure's; the page is that of all pods.
        """
        return self._backend.get(name).services
