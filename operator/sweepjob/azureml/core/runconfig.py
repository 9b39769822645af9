"""``RunConfiguration``, and how the processes of a trial are started."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

from ...training.unused_arguments import unused_arguments
from .._attributes import CheckedAttributes
from .._other_names import other_names
from .conda_dependencies import CondaDependencies
from .environment import DEFAULT_CPU_IMAGE, DockerSection, Environment, PythonSection

DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"

_FRAMEWORK = "Python"  # Azure's default, which its own files have


class MpiConfiguration(CheckedAttributes):
    """Processes that ``mpirun`` starts.

    Args:
        process_count_per_node: Processes of a node.
        node_count: Nodes of a trial, which are its pods.
        ssh_secret: Secret with the keys ``ssh-privatekey`` and ``ssh-publickey``; not in Azure, and
            required with several nodes.
    """

    def __init__(
        self,
        process_count_per_node: int = 1,
        node_count: int = 1,
        ssh_secret: str | None = None,
    ) -> None:
        self.process_count_per_node, self.node_count = process_count_per_node, node_count
        self.ssh_secret = ssh_secret


class PyTorchConfiguration(CheckedAttributes):
    """Processes that ``torch.distributed.run`` starts.

    Args:
        communication_backend: Azure's; the script chooses, with a warning for another than Nccl.
        process_count: Processes of all nodes; one a node by default.
        node_count: Nodes of a trial, which are its pods.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "communication_backend": "the script chooses: init_process_group(backend)"
    }

    @unused_arguments(_unused)
    def __init__(
        self,
        communication_backend: str = "Nccl",
        process_count: int | None = None,
        node_count: int = 1,
    ) -> None:
        self.communication_backend = communication_backend
        self.process_count, self.node_count = process_count, node_count


class TensorflowConfiguration(CheckedAttributes):
    """Workers and parameter servers of TensorFlow.

    Args:
        worker_count: Workers.
        parameter_server_count: Parameter servers.
    """

    def __init__(self, worker_count: int = 1, parameter_server_count: int = 0) -> None:
        self.worker_count, self.parameter_server_count = worker_count, parameter_server_count


class ParallelTaskConfiguration(CheckedAttributes):
    """Tasks of a node.

    Args:
        max_retries_per_worker: Azure's; the class is refused where it is used.
        worker_count_per_node: Workers of a node.
        worker_timeout_in_seconds: The same.
    """

    @unused_arguments(harmless="max_retries_per_worker worker_timeout_in_seconds")
    def __init__(
        self,
        max_retries_per_worker: int = 0,
        worker_count_per_node: int = 1,
        worker_timeout_in_seconds: int | None = None,
    ) -> None:
        self.worker_count_per_node = worker_count_per_node


class DockerConfiguration(CheckedAttributes):
    """How the container runs.

    Args:
        use_docker: Azure's; a trial is always a container on a cluster.
        shared_volumes: Azure's; volumes are those of the Azure map.
        arguments: Arguments of ``docker run``; refused, since a pod has none.
        shm_size: Size of ``/dev/shm``.
    """

    @unused_arguments(harmless="use_docker shared_volumes")
    def __init__(
        self,
        use_docker: bool = False,
        shared_volumes: bool = True,
        arguments: list[str] | None = None,
        shm_size: str | None = None,
    ) -> None:
        self.use_docker, self.shared_volumes = use_docker, shared_volumes
        self.arguments, self.shm_size = list(arguments or ()), shm_size


class HistoryConfiguration(CheckedAttributes):
    """What Azure keeps of a run. ``outputs`` and ``logs`` are always kept."""

    _unused: ClassVar[Mapping[str, str]] = {
        "output_collection directories_to_watch": "./outputs and ./logs of each trial are kept on the "
        "datastore of the Azure map",
        "snapshot_project": "the Azure map says what the code is",
    }

    def __init__(self) -> None:
        self.output_collection = True
        self.directories_to_watch = ["logs"]
        self.snapshot_project = True


class AmlComputeConfiguration(CheckedAttributes):
    """A compute target by the size of its virtual machines.

    Attributes:
        vm_size: Size of the virtual machines, by which the Azure map may have it.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "vm_priority name location cluster_max_node_count retain_cluster": "no machines are created: "
        "the cluster has its nodes",
    }

    def __init__(self) -> None:
        self.vm_size: str | None = None
        self.vm_priority: str | None = None
        self.name: str | None = None
        self.location: str | None = None
        self.cluster_max_node_count = 1
        self.retain_cluster = False


class RunConfiguration(CheckedAttributes):
    """Where and how a script runs.

    Args:
        script: Script to run.
        arguments: Its arguments.
        framework: Azure's; another than Python is not used, with a warning: the communicator says how
            processes are started.
        communicator: ``Mpi``, ``Nccl``, ``Gloo`` or ``ParameterServer``: starts processes as ``mpi``,
            ``pytorch`` and ``tensorflow`` say.
        conda_dependencies: Packages of the environment.
        command: Command to run instead of a script.

    Attributes:
        target: The compute target, or its name.
        environment: The environment.
        environment_variables: Environment variables of the script.
        node_count: Nodes of a trial, which are its pods.
        data_references: Data on datastores, by the name of their variable.
        data: Azure's data configurations; refused.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "framework": "the communicator, or distributed_job_config, says how processes are started",
        "output_data": "give OutputFileDatasetConfig as an argument of the script",
        "source_directory_data_store": "the Azure map says where the code is",
        "cluster": "give target=, a compute target",
        "credential_passthrough": "pods have service accounts: serviceAccountName of the compute in the "
        "Azure map",
        "services": "kubectl port-forward reaches a pod",
        "history": "./outputs and ./logs of each trial are kept on the datastore of the Azure map",
    }

    @unused_arguments({"framework": _unused["framework"]}, defaults={"framework": _FRAMEWORK})
    def __init__(
        self,
        script: str | None = None,
        arguments: list[Any] | None = None,
        framework: str | None = None,
        communicator: str | None = None,
        conda_dependencies: CondaDependencies | None = None,
        command: Any = None,
        *,
        _history_enabled: Any = None,
        _path: Any = None,
        _name: Any = None,
    ) -> None:
        self.script, self.arguments, self.command = script, list(arguments or ()), command
        self.framework, self.communicator = framework or _FRAMEWORK, communicator
        self.target: Any = "local"
        self.environment = Environment("default")
        if conda_dependencies is not None:
            self.environment.python.conda_dependencies = conda_dependencies
        self.docker = DockerConfiguration()
        self.mpi, self.pytorch = MpiConfiguration(), PyTorchConfiguration()
        self.tensorflow, self.history = TensorflowConfiguration(), HistoryConfiguration()
        self.node_count = 1
        self.data_references: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self.output_data: dict[str, Any] = {}
        self.source_directory_data_store: str | None = None
        self.max_run_duration_seconds: int | None = None
        self.amlcompute = AmlComputeConfiguration()
        self.cluster: Any = None
        self.auto_prepare_environment = True
        self.credential_passthrough = False
        self.services: Any = None

    @property
    def process_configuration(self) -> Any:
        """How the communicator starts the processes, on ``node_count`` nodes; None for one process."""
        communicator = (self.communicator or "").lower()
        for words, found in (
            (("mpi",), self.mpi),
            (("nccl", "gloo", "pytorch"), self.pytorch),
            (("parameterserver", "tensorflow"), self.tensorflow),
        ):
            if any(word in communicator for word in words):
                return on_nodes(found, self.node_count)
        return None

    @staticmethod
    def load(path: str, name: str | None = None) -> RunConfiguration:
        """Return the configuration of a ``.runconfig`` file.

        Args:
            path: The file, or the folder that has it in ``.azureml``.
            name: Name of the configuration, for a folder.

        Raises:
            UserErrorException: There is no such file, or it is no configuration.
        """
        from .runconfig_file import read_run_configuration

        made = RunConfiguration()
        read_run_configuration(path, name, made)
        return made

    @property
    def environment_variables(self) -> dict[str, str]:
        """Environment variables of the script."""
        return self.environment.environment_variables

    @environment_variables.setter
    def environment_variables(self, given: dict[str, str]) -> None:
        self.environment.environment_variables = dict(given)


def on_nodes(found: Any, count: int) -> Any:
    """Return how processes are started, on a number of nodes unless it has one of its own.

    Args:
        found: The configuration of the processes.
        count: Nodes of the run configuration.
    """
    if count > 1 and getattr(found, "node_count", None) == 1:
        found = copy.copy(found)
        found.node_count = count
    return found


__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "CondaDependencies",
    "DockerConfiguration",
    "DockerSection",
    "HistoryConfiguration",
    "MpiConfiguration",
    "ParallelTaskConfiguration",
    "PyTorchConfiguration",
    "PythonSection",
    "RunConfiguration",
    "TensorflowConfiguration",
]

EnvironmentDefinition = Environment  # its name before it was public
MPI_CPU_IMAGE, MPI_GPU_IMAGE = DEFAULT_CPU_IMAGE, DEFAULT_GPU_IMAGE

__getattr__ = other_names(__name__)
