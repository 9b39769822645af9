"""Objects that Azure's code gives to commands and sweeps: resources, limits, distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .attributes import KnownAttributes
from .azure_members import AssetMembers


@dataclass
class JobResourceConfiguration(KnownAttributes):
    """Resources of a job.

    Args:
        instance_type: Size of virtual machine, by the Azure map.
        instance_count: Pods of a trial.
        shm_size: Size of ``/dev/shm``.
        docker_args: Options of Docker; ``--shm-size`` is converted.
        locations: Azure's regions; not used.
        properties: Settings of Azure's service; not used.
        max_instance_count: Nodes of a trial at most; 1 only.
    """

    instance_type: Any = None
    instance_count: int | None = None
    shm_size: str | None = None
    docker_args: Any = None
    locations: Any = None
    properties: Any = None
    max_instance_count: int | None = None


# Azure's names of the same.
ResourceConfiguration = JobResourceConfiguration


@dataclass
class CommandJobLimits(KnownAttributes):
    """Limits of a command.

    Args:
        timeout: Seconds after which a trial is stopped.
    """

    timeout: int | None = None


@dataclass
class QueueSettings(KnownAttributes):
    """Azure's queue settings, which are not used: ``queue`` and ``priorityClassName`` in the map.

    Args:
        job_tier: Azure's tier.
        priority: Azure's priority.
    """

    job_tier: str | None = None
    priority: str | None = None


@dataclass
class Distribution(KnownAttributes):
    """How the processes of a trial find each other."""


@dataclass
class MpiDistribution(Distribution):
    """Processes that MPI starts.

    Args:
        process_count_per_instance: Processes of each node.
        ssh_secret: Secret with the keys ``ssh-privatekey`` and ``ssh-publickey``; not in Azure, and
            required with several pods.
    """

    process_count_per_instance: int | None = None
    ssh_secret: str | None = None


@dataclass
class PyTorchDistribution(Distribution):
    """Processes that PyTorch starts.

    Args:
        process_count_per_instance: Processes of each node.
    """

    process_count_per_instance: int | None = None


@dataclass
class TensorFlowDistribution(Distribution):
    """Processes of TensorFlow.

    Args:
        parameter_server_count: Parameter servers.
        worker_count: Workers.
    """

    parameter_server_count: int | None = 0
    worker_count: int | None = None


@dataclass
class RayDistribution(Distribution):
    """A Ray cluster of the pods of a trial.

    Args:
        port: Port of the head.
        address: Address of the head.
        include_dashboard: Whether there is a dashboard.
        dashboard_port: Port of the dashboard.
        head_node_additional_args: Arguments of the head.
        worker_node_additional_args: Arguments of the workers.
    """

    port: int | None = None
    address: str | None = None
    include_dashboard: bool | None = None
    dashboard_port: int | None = None
    head_node_additional_args: str | None = None
    worker_node_additional_args: str | None = None

    @property
    def processes(self) -> int:
        """Number of processes: at least a head and a worker."""
        return 2


@dataclass
class IdentityConfiguration(KnownAttributes):
    """An identity of Azure's; pods have service accounts.

    Args:
        client_id: Identity by its client.
        object_id: Identity by its object.
        resource_id: Identity by its resource.
        principal_id: Identity by its principal.
        msi_resource_id: Identity by its resource, in old code.
        type: Kind of identity.
        user_assigned_identities: Identities that are made by hand.
    """

    client_id: str | None = None
    object_id: str | None = None
    resource_id: str | None = None
    principal_id: str | None = None
    msi_resource_id: str | None = None
    type: str | None = None
    user_assigned_identities: Any = None


class AmlTokenConfiguration(IdentityConfiguration):
    """Azure's token of the user."""


class ManagedIdentityConfiguration(IdentityConfiguration):
    """Azure's managed identity."""


class UserIdentityConfiguration(IdentityConfiguration):
    """Azure's identity of the user."""


@dataclass
class JobService(KnownAttributes):
    """A service of a job: an address in a browser.

    Args:
        endpoint: Address.
        type: Kind of service.
        job_service_type: Kind of service.
        port: Port.
        status: Status.
        properties: Properties.
        nodes: Nodes.
        ssh_public_keys: Keys of who may log in.
        log_dir: Folder of TensorBoard's files.
    """

    endpoint: str | None = None
    type: str | None = None
    job_service_type: str | None = None
    port: int | None = None
    status: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    nodes: Any = None
    ssh_public_keys: str | None = None
    log_dir: str | None = None


class JupyterLabJobService(JobService):
    """JupyterLab beside the script."""


class TensorBoardJobService(JobService):
    """TensorBoard beside the script."""


class VsCodeJobService(JobService):
    """Visual Studio Code beside the script."""


class SshJobService(JobService):
    """A login to the nodes."""


@dataclass
class Environment(AssetMembers, KnownAttributes):
    """An environment: an image, and what is added to it.

    The Azure map says which image of the cluster it is: by its name, its conda file or its image. Without
    an entry, an image without a conda file and a build context is used as it is.

    Args:
        name: Name.
        version: Version.
        description: Description.
        image: Container image.
        build: Build context.
        conda_file: Path of a conda file, or its contents.
        tags: Tags.
        properties: Properties.
        inference_config: Azure's; for the serving of models.
        datastore: Azure's; not used.
    """

    name: str | None = None
    version: str | None = None
    description: str | None = None
    image: str | None = None
    build: Any = None
    conda_file: Any = None
    tags: Any = None
    properties: Any = None
    inference_config: Any = None
    datastore: Any = None

    @property
    def id(self) -> str:
        """Reference of the environment."""
        return f"azureml:{self.name}:{self.version or '1'}"

    @property
    def latest_version(self) -> str | None:
        """Version of the environment."""
        return self.version

    def to_mapping(self) -> dict[str, Any]:
        """Return the keys of the environment in an Azure file."""
        build = getattr(self.build, "path", self.build)
        found: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "image": self.image,
        }
        conda = self.conda_file if isinstance(self.conda_file, Mapping) else _text(self.conda_file)
        found |= {"conda_file": conda, "build": build and {"path": str(build)}}
        return {key: value for key, value in found.items() if value}


@dataclass
class BuildContext(KnownAttributes):
    """A folder from which Azure builds an image.

    Args:
        path: Folder.
        dockerfile_path: Dockerfile in it.
    """

    path: Any = None
    dockerfile_path: str | None = None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def values_of(given: Any) -> dict[str, Any]:
    """Return the values of an object of this module, or of a dict, that are set."""
    if isinstance(given, Mapping):
        return {key: value for key, value in given.items() if value is not None}
    return {
        own.name: value
        for own in fields(given)
        if (value := getattr(given, own.name)) not in (None, {})
    }
