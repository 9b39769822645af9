"""Assets of a workspace that code creates and reads: data, models, computes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

from ...training.unused_arguments import level_of_the_program
from ..attributes import KnownAttributes
from ..azure_members import AssetMembers


@dataclass
class _Asset(AssetMembers, KnownAttributes):
    """Something with a name and a version.

    Args:
        name: Name.
        version: Version.
        path: Where it is.
        type: Azure's type.
        description: Description.
        tags: Tags.
        properties: Properties.
    """

    name: str | None = None
    version: str | None = None
    path: Any = None
    type: str | None = None
    description: str | None = None
    tags: Any = None
    properties: Any = None

    @property
    def id(self) -> str:
        """Reference of the asset, by which the Azure map finds it."""
        return f"azureml:{self.name}:{self.version or '1'}"


@dataclass
class Data(_Asset):
    """Data of a workspace. The Azure map says where it is: by its name, or by its path."""


@dataclass
class Model(_Asset):
    """A model of a workspace.

    Args:
        flavors: MLflow's flavors.
        stage: Stage.
        utc_time_created: Time of creation.
    """

    flavors: Any = None
    stage: str | None = None
    utc_time_created: Any = None


@dataclass
class Compute(KnownAttributes):
    """A compute target. The Azure map says what it is on the cluster.

    Args:
        name: Name.
        type: Azure's type.
        size: Size of virtual machine.
        min_instances: Azure's.
        max_instances: Azure's.
        settings: Azure's other arguments.
    """

    name: str = ""
    type: str = "amlcompute"
    size: str | None = None
    min_instances: int | None = None
    max_instances: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def __init__(
        self,
        *,
        name: str,
        type: str = "amlcompute",
        size: str | None = None,
        min_instances: int | None = 0,
        max_instances: int | None = 4,
        **settings: Any,
    ) -> None:
        self.name, self.type, self.size = name, type, size
        self.min_instances, self.max_instances = min_instances, max_instances
        self.settings = settings

    @property
    def provisioning_state(self) -> str:
        """State of the compute target."""
        return "Succeeded"

    def __getattr__(self, name: str) -> Any:
        """Return one of Azure's other settings."""
        settings = vars(self).get("settings", {})
        if name in settings:
            return settings[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")


class AmlCompute(Compute):
    """A cluster of virtual machines."""


class ComputeInstance(Compute):
    """A virtual machine."""


class KubernetesCompute(Compute):
    """A Kubernetes cluster that is attached to a workspace."""


@dataclass
class DatastoreDescription:
    """A datastore.

    Attributes:
        name: Name.
        type: Azure's type.
    """

    name: str
    type: str = "AzureBlob"

    @property
    def id(self) -> str:
        """Azure's address of the datastore."""
        return f"azureml://datastores/{self.name}"


@dataclass
class WorkspaceDescription:
    """A workspace.

    Attributes:
        name: Name.
        location: Azure's region; empty.
        resource_group: Azure's resource group.
    """

    name: str
    location: str = ""
    resource_group: str | None = None

    @property
    def mlflow_tracking_uri(self) -> None:
        """None, MLflow's default: trials report to their sidecars."""
        warnings.warn(
            "mlflow_tracking_uri: no tracking server belongs to the workspace; MLflow keeps its default. "
            "Runs of trials are in the server of metrics.forward; ml_client.jobs has the results",
            stacklevel=level_of_the_program(),
        )
