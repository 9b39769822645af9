"""``ScriptRunConfig``: a script or a command that a trial runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...sdk.arguments import ArgumentError
from .._attributes import CheckedAttributes
from .._other_names import other_names
from .environment import Environment
from .runconfig import RunConfiguration, on_nodes


class ScriptRunConfig(CheckedAttributes):
    """A script or a command that a trial runs.

    What it is on a cluster is looked up in the Azure map when a sweep is submitted; assignments before
    that take effect.

    Args:
        source_directory: Folder of the script. The map says what it is in a trial (``code``). On this
            machine trials run in a folder with links to its files.
        script: Script to run with ``python``; the parameters are appended as ``--name value``.
        arguments: Arguments before the parameters: a list, or a text that is split as a shell splits
            it. One that is also a parameter is left out, with a warning.
        run_config: Where and how the script runs.
        compute_target: A compute target, or its name; ``"local"`` for this machine.
        environment: The environment, whose image the map has.
        distributed_job_config: How the processes are started.
        resume_from: Not supported; raises ArgumentError.
        max_run_duration_seconds: Seconds after which a trial is stopped.
        command: Command to run instead of a script. It gets parameters by ``$AZUREML_SWEEP_name``, as in
            Azure, or by ``${{search_space.name}}``.
        docker_runtime_config: Size of ``/dev/shm``.
        image: Container image with the script, instead of ``environment``.
        kubernetes: Further arguments of :func:`sweepjob.command`, such as ``gpus`` and ``volumes``.

    Raises:
        ArgumentError: Both ``script`` and ``command`` are given, or an argument is not supported.
    """

    def __init__(
        self,
        source_directory: str | None = None,
        script: str | None = None,
        arguments: str | Sequence[Any] | None = None,
        run_config: RunConfiguration | None = None,
        _telemetry_values: Any = None,
        compute_target: Any = None,
        environment: Environment | None = None,
        distributed_job_config: Any = None,
        resume_from: Any = None,
        max_run_duration_seconds: int | None = None,
        command: str | Sequence[Any] | None = None,
        docker_runtime_config: Any = None,
        *,
        image: str | None = None,
        **kubernetes: Any,
    ) -> None:
        if resume_from is not None:
            raise ArgumentError(
                "ScriptRunConfig: resume_from: give HyperDriveConfig(resume_from=...), whose sampler "
                "learns from the runs"
            )
        given = run_config or RunConfiguration()
        if run_config is None:
            given.target = None
        self.run_config = given
        self.source_directory = source_directory
        self.script, self.command = script or given.script, command or given.command
        own = given.arguments if arguments is None else arguments
        self.arguments: Any = own if isinstance(own, str) else list(own)
        if max_run_duration_seconds is not None:
            given.max_run_duration_seconds = max_run_duration_seconds
        self.distributed_job_config = distributed_job_config
        self.image, self.kubernetes = image, kubernetes
        # Data that the script finds by their name, without an argument.
        self.inputs: list[Any] = []
        if compute_target is not None:
            given.target = compute_target
        if environment is not None:
            given.environment = environment
        if docker_runtime_config is not None:
            given.docker = docker_runtime_config
        self._has_environment = environment is not None or run_config is not None
        # Either may be assigned later, so that it is checked when the sweep is defined.
        is_empty = source_directory is None and self.script is None and self.command is None
        if is_empty or None not in (self.script, self.command):
            raise ArgumentError("ScriptRunConfig: give exactly one of script and command")

    @property
    def max_run_duration_seconds(self) -> int | None:
        """Seconds after which a trial is stopped."""
        return self.run_config.max_run_duration_seconds

    @max_run_duration_seconds.setter
    def max_run_duration_seconds(self, given: int | None) -> None:
        self.run_config.max_run_duration_seconds = given

    @property
    def compute_target(self) -> Any:
        """The compute target, or its name."""
        return self.run_config.target

    @compute_target.setter
    def compute_target(self, given: Any) -> None:
        self.run_config.target = given

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.run_config.environment

    @environment.setter
    def environment(self, given: Environment) -> None:
        self.run_config.environment = given

    @property
    def docker_runtime_config(self) -> Any:
        """How the container runs."""
        return self.run_config.docker

    @docker_runtime_config.setter
    def docker_runtime_config(self, given: Any) -> None:
        self.run_config.docker = given

    @property
    def compute_name(self) -> str | None:
        """Name of the compute target; None without one."""
        target = self.run_config.target
        return None if target is None else str(getattr(target, "name", target))

    @property
    def process_configuration(self) -> Any:
        """How the processes are started; None for one process."""
        if self.distributed_job_config is not None:
            return on_nodes(self.distributed_job_config, self.run_config.node_count)
        return self.run_config.process_configuration


__getattr__ = other_names(__name__)
