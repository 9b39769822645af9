"""Reads ``.runconfig`` files of Azure's v1 client and CLI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exceptions import UserErrorException
from .environment import DEFAULT_CPU_IMAGE, Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = (
    "is not read: give the data as arguments: "
    "arguments=[..., dataset.as_named_input(NAME).as_mount()]"
)
_REFUSED = {
    "dataReferences": _DATA,
    "data": _DATA,
    "outputData": "is not read: give OutputFileDatasetConfig as an argument",
}


def read_run_configuration(path: str, name: str | None, made: Any) -> None:
    """Set a configuration to that of a file.

    Args:
        path: The file, or the folder that has it.
        name: Name of the configuration, for a folder.
        made: A new ``RunConfiguration``.

    Raises:
        UserErrorException: There is no such file, or it is no configuration.
    """
    import yaml

    file = next((f for f in _candidates(Path(path), name) if f.is_file()), None)
    if file is None:
        raise UserErrorException(f"RunConfiguration.load: {path}: no such file")
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(found, Mapping):
        raise UserErrorException(f"RunConfiguration.load: {file}: is no run configuration")
    made.script, made.arguments = found.get("script"), list(found.get("arguments") or ())
    made.command, made.target = found.get("command"), found.get("target") or "local"
    made.framework, made.communicator = found.get("framework"), found.get("communicator")
    made.node_count = int(found.get("nodeCount") or 1)
    made.max_run_duration_seconds = found.get("maxRunDurationSeconds")
    made.environment = _environment(found.get("environment") or {})
    _read_processes(found, made)
    for key, remedy in _REFUSED.items():
        if found.get(key):
            raise UserErrorException(f"RunConfiguration.load: {file}: {key}: {remedy}")


def _read_processes(found: Mapping[str, Any], made: Any) -> None:
    """Read how the processes are started, the container, and the size of the compute target."""
    mpi, pytorch = found.get("mpi") or {}, found.get("pytorch") or {}
    tensorflow, docker = found.get("tensorflow") or {}, found.get("docker") or {}
    made.mpi.process_count_per_node = int(mpi.get("processCountPerNode") or 1)
    made.mpi.node_count = int(mpi.get("nodeCount") or 1)
    made.pytorch.process_count = pytorch.get("processCount")
    made.pytorch.node_count = int(pytorch.get("nodeCount") or 1)
    made.tensorflow.worker_count = int(tensorflow.get("workerCount") or 1)
    made.tensorflow.parameter_server_count = int(tensorflow.get("parameterServerCount") or 0)
    made.docker.shm_size = docker.get("shmSize")
    made.docker.arguments = list(docker.get("arguments") or ())
    made.amlcompute.vm_size = (found.get("amlcompute") or {}).get("vmSize")


def _candidates(path: Path, name: str | None) -> Iterator[Path]:
    yield path
    for folder in (path / ".azureml", path / "aml_config", path):
        yield folder / f"{name}.runconfig"


def _environment(found: Mapping[str, Any]) -> Environment:
    made = Environment(found.get("name") or "environment", version=found.get("version"))
    docker, python = found.get("docker") or {}, found.get("python") or {}
    made.docker.base_image = docker.get("baseImage") or DEFAULT_CPU_IMAGE
    made.docker.base_dockerfile = docker.get("baseDockerfile")
    made.docker.shm_size = docker.get("shmSize")
    made.python.user_managed_dependencies = bool(python.get("userManagedDependencies"))
    made.python.conda_dependencies_file = python.get("condaDependenciesFile")
    variables = found.get("environmentVariables") or {}
    made.environment_variables = {key: str(value) for key, value in variables.items()}
    return made
