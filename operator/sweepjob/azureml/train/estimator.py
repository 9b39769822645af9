"""``Estimator`` and its kinds: the deprecated forms of ``ScriptRunConfig``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from ..core.conda_dependencies import CondaDependencies
from ..core.environment import Environment
from ..core.runconfig import MpiConfiguration, RunConfiguration, TensorflowConfiguration
from ..core.script_run_config import ScriptRunConfig
from .estimator_processes import estimator_processes

_UNUSED = {
    "use_gpu": "the Azure map says how many GPUs a compute target has",
    "vm_priority": "the Azure map says on which nodes a compute target's trials run",
    "source_directory_data_store": "the Azure map says where the code is",
    "image_registry_details": "pods have the credentials of registries: serviceAccountName of the "
    "compute in the Azure map",
}
_HARMLESS = "use_docker"  # a trial is always a container on a cluster
_TAKEN = (*_UNUSED, _HARMLESS, "framework_version", "user_managed", "distributed_backend")
_OLD_NAMES = {
    "conda_dependencies_file_path": "conda_dependencies_file",
    "pip_requirements_file_path": "pip_requirements_file",
    "custom_docker_base_image": "custom_docker_image",
}


class Mpi(MpiConfiguration):
    """``Mpi``, the old name of ``MpiConfiguration``."""


class Estimator(ScriptRunConfig):
    """A script that a trial runs, in the form that Azure has deprecated.

    Args:
        source_directory: Folder of the script.
        compute_target: A compute target, or its name.
        vm_size: Size of virtual machines, by which the map may have the compute target.
        entry_script: Script to run with ``python``.
        script_params: Values by argument; an empty value for an argument without one.
        node_count: Nodes of a trial, which are its pods.
        process_count_per_node: Processes of a node.
        distributed_training: How the processes are started.
        custom_docker_image: Image with all packages.
        conda_packages: Packages that conda installs; the map has the image.
        pip_packages: Packages that pip installs; the map has the image.
        conda_dependencies_file: A conda file; the map has its image.
        pip_requirements_file: A requirements file; the map has its image.
        environment_variables: Environment variables of the script.
        environment_definition: The environment.
        inputs: Data of the script, as named inputs.
        shm_size: Size of ``/dev/shm``.
        max_run_duration_seconds: Seconds after which a trial is stopped.
        azure: Azure's other arguments, also by their old names; those without a meaning here are not
            used, with a warning. Others are those of :func:`sweepjob.command`.

    Raises:
        ArgumentError: An argument is unknown or not supported.
    """

    # Name of the environment in the map, if the program gives none.
    _environment_name = "estimator"

    @unused_arguments(_UNUSED, harmless=_HARMLESS, passes_others_on=True)
    def __init__(
        self,
        source_directory: str | None = None,
        *,
        compute_target: Any = None,
        vm_size: str | None = None,
        entry_script: str | None = None,
        script_params: Mapping[str, Any] | None = None,
        node_count: int = 1,
        process_count_per_node: int = 1,
        distributed_training: Any = None,
        custom_docker_image: str | None = None,
        conda_packages: Sequence[str] | None = None,
        pip_packages: Sequence[str] | None = None,
        conda_dependencies_file: str | None = None,
        pip_requirements_file: str | None = None,
        environment_variables: Mapping[str, str] | None = None,
        environment_definition: Environment | None = None,
        inputs: Sequence[Any] | None = None,
        shm_size: str | None = None,
        max_run_duration_seconds: int | None = None,
        **azure: Any,
    ) -> None:
        old = {new: azure.get(name) for name, new in _OLD_NAMES.items()}
        conda_dependencies_file = conda_dependencies_file or old["conda_dependencies_file"]
        pip_requirements_file = pip_requirements_file or old["pip_requirements_file"]
        image = custom_docker_image or old["custom_docker_image"]
        kubernetes = {
            key: value
            for key, value in azure.items()
            if key not in (*_TAKEN, *_OLD_NAMES) and key[0] != "_"
        }
        environment = environment_definition or self._environment(azure, image)
        environment.python.conda_dependencies_file = (
            conda_dependencies_file
            or pip_requirements_file
            or environment.python.conda_dependencies_file
        )
        if pip_packages or conda_packages:
            environment.python.conda_dependencies = CondaDependencies.create(
                pip_packages=pip_packages, conda_packages=conda_packages
            )
        environment.environment_variables |= dict(environment_variables or {})
        configuration = RunConfiguration()
        configuration.target, configuration.environment = compute_target, environment
        configuration.docker.shm_size = shm_size
        configuration.amlcompute.vm_size = vm_size
        counts = node_count, process_count_per_node
        backend = azure.get("distributed_backend")
        processes = estimator_processes(distributed_training, backend, *counts)
        super().__init__(
            source_directory or ".",
            entry_script,
            _words(script_params),
            run_config=configuration,
            distributed_job_config=processes,
            max_run_duration_seconds=max_run_duration_seconds,
            **kubernetes,
        )
        self.inputs = list(inputs or ())

    @property
    def _estimator_config(self) -> RunConfiguration:
        """The run configuration, by the name that programs use."""
        return self.run_config

    @property
    def conda_dependencies(self) -> CondaDependencies | None:
        """The packages of the environment."""
        return self.run_config.environment.python.conda_dependencies

    def _environment(self, azure: Mapping[str, Any], image: str | None) -> Environment:
        version = azure.get("framework_version")
        made = Environment(self._environment_name, version=version)
        if image is not None:
            made.docker.base_image = image
            made.python.user_managed_dependencies = True
        if azure.get("user_managed"):
            made.python.user_managed_dependencies = True
        return made


def _words(parameters: Mapping[str, Any] | None) -> list[Any]:
    """Return the arguments of a script."""
    words: list[Any] = []
    for name, value in (parameters or {}).items():
        words += [name] if isinstance(value, str) and value == "" else [name, value]
    return words


class MMLBaseEstimator(Estimator):
    """The base of Azure's estimators."""


__all__ = ["Estimator", "MMLBaseEstimator", "Mpi", "TensorflowConfiguration"]

__getattr__ = other_names(__name__)
