"""``Experiment``: submits sweeps, to a cluster or to this machine, and lists them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ...api import names
from ...sdk.azure_resolution import Resolver
from ...sdk.job import SweepJob
from ...sdk.object_name import object_name
from ...sdk.sweep_objects import NotFound
from ...training.unused_arguments import unused_arguments
from .._other_members import OtherMembers
from .._other_names import other_names
from .._reasons import ALL_SWEEPS, DROPPED
from ..exceptions import NotSupported, UserErrorException
from ..runs.hyperdrive_run import HyperDriveRun
from .script_run_config import ScriptRunConfig
from .single_run import SingleRun, SingleRunConfig

_NOTE = f"{names.GROUP}/experiment-name"
_LOCAL = "local"  # Azure's name of this machine as a compute target


class Experiment(OtherMembers):
    """A group of sweeps.

    Args:
        workspace: A workspace, or a :class:`sweepjob.SweepClient`.
        name: Name of the experiment. Sweeps without a ``custom_run_id`` are named after it.
        azure: Other arguments; not used, with a warning.
    """

    _ignored: ClassVar[Mapping[str, str]] = {
        "archive delete reactivate refresh": "sweeps are kept; kubectl delete sweepjob deletes one",
    }
    _refused: ClassVar[Mapping[str, str]] = {
        "remove_tags set_tags tags": "tags belong to sweeps: submit(config, tags={...})",
        "archived_time from_directory get_docs_url identity": "it has no equivalent; remove this line",
    }

    @unused_arguments(harmless="_skip_name_validation", others=DROPPED)
    def __init__(self, workspace: Any, name: str, **azure: Any) -> None:
        self.workspace, self.name = workspace, name

    @property
    def id(self) -> str:
        """Name of the experiment."""
        return self.name

    @unused_arguments(
        {
            "continue_on_step_failure regenerate_outputs parent_run_id": "only the sweep of a pipeline "
            "runs here",
            "credential_passthrough": "pods have service accounts: serviceAccountName of the compute in "
            "the Azure map",
            "run_id": "give HyperDriveConfig(custom_run_id=...)",
        },
        harmless="show_output",
        others=DROPPED,
    )
    def submit(
        self,
        config: Any,
        tags: Mapping[str, str] | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        **azure: Any,
    ) -> Any:
        """Create the sweep. A ``ScriptRunConfig`` is a run of its own: a sweep of one trial.

        Args:
            config: Definition of the sweep, the script, or a pipeline with a step that is a sweep.
            tags: Tags of the sweep.
            pipeline_parameters: Values of the pipeline's parameters by name.
            azure: Azure's other arguments; not used, with a warning. ``show_output`` is for automated ML:
                ``wait_for_completion`` shows the output of a sweep.

        Returns:
            The sweep, or the run.

        Raises:
            ArgumentError: The sweep has errors, or the Azure map lacks entries; the message has all.
            SweepError: The API server refuses it.
        """
        if hasattr(config, "sweep_config"):  # a pipeline
            return self.submit(config.sweep_config(pipeline_parameters), tags)
        if pipeline_parameters:
            raise UserErrorException(
                "Experiment.submit: pipeline_parameters: only a Pipeline has parameters"
            )
        if isinstance(config, ScriptRunConfig):
            run = self._submit(SingleRunConfig(config), config, tags)
            return SingleRun(run)
        if not hasattr(config, "trial_parts"):
            raise NotSupported(
                f"Experiment.submit({type(config).__name__}): give a HyperDriveConfig or a "
                "ScriptRunConfig; anything else is no sweep"
            )
        return self._submit(config, config.run_config, tags)

    def _submit(self, config: Any, script: ScriptRunConfig, tags: Any) -> HyperDriveRun:
        is_local = self._is_local(script)
        parts = config.trial_parts(getattr(self.workspace, "azure_map", None), is_local=is_local)
        job = config.sweep_of(parts)
        job.experiment_name, job.tags = self.name, dict(tags or {})
        variables = job.trial.environment_variables
        variables.setdefault("AZUREML_ARM_PROJECT_NAME", self.name)
        if job.name is None:
            job.display_name = object_name(self.name)
        objects = self._run_here(job, parts.code) if is_local else self._create(job)
        return HyperDriveRun(self, objects.name, config, objects=objects)

    def _is_local(self, script: ScriptRunConfig) -> bool:
        """Return whether trials run on this machine: by the Azure map, or by the compute target."""
        return bool(getattr(self.workspace, "is_local", False)) or script.compute_name == _LOCAL

    def _create(self, job: SweepJob) -> Any:
        client = getattr(self.workspace, "client", self.workspace)
        return client.jobs.create_or_update(job, self._resolver(is_local=False)).objects

    def _resolver(self, *, is_local: bool) -> Resolver | None:
        """Return what finds the folder of the code in the workspace's map; None for the current one."""
        azure_map = getattr(self.workspace, "azure_map", None)
        return None if azure_map is None else Resolver(azure_map, local=is_local)

    def _run_here(self, job: SweepJob, code: str) -> Any:
        from ...sdk.local import run_local

        if job.name is None:
            # A folder has one sweep, and a program may submit several.
            job.name = (
                f"{object_name(self.name)[: names.SWEEP_NAME_LIMIT - 7]}-{secrets.token_hex(3)}"
            )
        resolver = self._resolver(is_local=True)
        return run_local(job, wait=False, source_directory=code or ".", resolver=resolver).objects

    @unused_arguments(
        {"type tags properties": ALL_SWEEPS},
        by_position="type tags properties include_children",
    )
    def get_runs(self, *, include_children: bool = False, **azure: Any) -> Iterator[Any]:
        """Yield the sweeps, the newest first.

        Args:
            include_children: True for the trials as well.
            azure: Azure's filters; not used, with a warning.
        """
        for name, experiment in _sweeps(self.workspace):
            if experiment == self.name:
                run = HyperDriveRun(self, name)
                yield run
                if include_children:
                    yield from run.get_children()

    @unused_arguments(harmless="outputs snapshot_directory display_name")
    def start_logging(self, **azure: Any) -> Any:
        """Return a run of this process, which prints what it logs.

        Args:
            azure: Azure's ``outputs``, ``snapshot_directory`` and ``display_name``: only this process
                is a part of the run.
        """
        from ...training.run import Run

        return Run.get_context()

    def tag(self, key: str, value: Any = None) -> None:
        """Not supported; raises NotSupported.

        Args:
            key: Name of the tag.
            value: Its value.
        """
        raise NotSupported(f"Experiment.tag({key!r}): give submit(config, tags={{{key!r}: ...}})")

    @staticmethod
    @unused_arguments(
        {"view_type tags": "all experiments are returned"},
        by_position="view_type tags",
    )
    def list(
        workspace: Any, experiment_name: str | None = None, **azure: Any
    ) -> Sequence[Experiment]:
        """Return the experiments that have sweeps.

        Args:
            workspace: The workspace.
            experiment_name: Name of one experiment; all by default.
            azure: Azure's filters; not used, with a warning.
        """
        names_of_all = experiment_names(workspace)
        return [Experiment(workspace, n) for n in names_of_all if experiment_name in (None, n)]

    @property
    def portal_url(self) -> str:
        """The command that shows the sweeps in a browser."""
        return self.get_portal_url()

    def get_portal_url(self) -> str:
        """Return the command that shows the sweeps in a browser."""
        return "kubectl sweepjob ui"

    def __repr__(self) -> str:
        return f"Experiment(Name: {self.name})"


def experiment_names(workspace: Any) -> list[str]:
    """Return the names of the experiments that have sweeps.

    Args:
        workspace: The workspace.
    """
    return sorted({experiment for _, experiment in _sweeps(workspace) if experiment})


def find_run(workspace: Any, run_id: str) -> Any:
    """Return a sweep, or a trial.

    Args:
        workspace: The workspace.
        run_id: Name of the sweep or of the trial.

    Raises:
        NotFound: There is neither.
    """
    for name in (run_id, run_id.rpartition("-")[0]):
        try:
            found = HyperDriveRun(_experiment_of(workspace, name), name)
        except NotFound:
            continue
        if name == run_id:
            return found
        for trial in found.get_children():
            if trial.id == run_id:
                return trial
    raise NotFound(f"there is neither a sweep nor a trial {run_id}")


def _experiment_of(workspace: Any, sweep: str) -> Experiment:
    """Return the experiment of a sweep.

    Raises:
        NotFound: there is no such sweep.
    """
    body = workspace.objects(sweep).sweep()
    notes = body["metadata"].get("annotations") or {}
    return Experiment(workspace, notes.get(_NOTE, ""))


def _sweeps(workspace: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the experiment of each sweep, the newest first."""
    if workspace.is_local:
        from ...sdk.local import local_sweeps

        bodies = local_sweeps()
    else:
        bodies = [run.body for run in workspace.client.jobs.list()]
    for body in bodies:
        meta = body["metadata"]
        yield meta["name"], (meta.get("annotations") or {}).get(_NOTE, "")


__getattr__ = other_names(__name__)
