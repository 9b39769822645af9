"""``Workspace``: a namespace of a cluster, or this machine, with its Azure map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...training.unused_arguments import unused_arguments
from .._attributes import CheckedAttributes
from .._mapped_names import MappedNames
from .._other_members import OtherMembers
from .._other_names import other_names
from .._workspace_config import CONFIG, read_config, write_config

if TYPE_CHECKING:
    from ...loading.azure_map import AzureMap
    from ...sdk.client import SweepClient

_NO_LOGIN = "the kubeconfig has the credentials of the cluster"
_NOTHING_CREATED = "nothing is created: the workspace is a namespace, or this machine"
_CREATION = (
    "create_resource_group sku tags friendly_name storage_account key_vault app_insights "
    "container_registry adb_workspace primary_user_assigned_identity cmk_keyvault resource_cmk_uri "
    "hbi_workspace default_cpu_compute_target default_gpu_compute_target private_endpoint_config "
    "private_endpoint_auto_approval user_assigned_identity_for_cmk_encryption "
    "system_datastores_auth_mode v1_legacy_mode"
)
# Azure has two arguments before the last ones that say nothing about what is created.
_CREATION_ORDER = _CREATION.replace(
    "private_endpoint_auto_approval ", "private_endpoint_auto_approval exist_ok show_output "
)


class Workspace(CheckedAttributes, OtherMembers):
    """A workspace.

    Subscription, resource group and region are Azure's: they are kept as texts, and nothing is connected
    to. Credentials are ignored.

    Args:
        subscription_id: Azure's; kept.
        resource_group: Azure's; kept.
        workspace_name: Name of the workspace.
        azure_map: The Azure map: an object, or its file; by default ``SWEEPJOB_AZURE_MAP``, or
            ``azure-map.yaml`` of the current folder.
        azure: Azure's other arguments, such as ``auth``; not used, with a warning.
    """

    DEFAULT_CPU_CLUSTER_NAME, DEFAULT_GPU_CLUSTER_NAME = "cpu-cluster", "gpu-cluster"
    _ignored: ClassVar[Mapping[str, str]] = {
        "delete sync_keys update update_dependencies": "the workspace is a namespace, or this machine",
    }
    _refused: ClassVar[Mapping[str, str]] = {
        "add_private_endpoint delete_connection delete_private_endpoint_connection diagnose_workspace "
        "discovery_url get_connection linked_services list_connections list_keys private_endpoints "
        "service_context set_connection setup sku": "nothing connects to Azure; remove this line",
        "images": "models are not deployed here; remove this line",
    }

    @property
    def tags(self) -> dict[str, str]:
        """No tags: those of a namespace are its labels."""
        return {}

    @staticmethod
    @unused_arguments({"auth": _NO_LOGIN})
    def list(
        subscription_id: str = "", auth: Any = None, resource_group: str = ""
    ) -> dict[str, list[Workspace]]:
        """Return the only workspace, by its name, as Azure does.

        Args:
            subscription_id: Azure's; kept.
            auth: Azure's; not used, with a warning.
            resource_group: Azure's; kept.
        """
        found = Workspace(subscription_id, resource_group)
        return {found.name: [found]}

    def get_default_compute_target(self, type: str = "CPU") -> Any:
        """Return the compute target ``cpu-cluster`` or ``gpu-cluster`` of the Azure map.

        Args:
            type: ``CPU`` or ``GPU``.

        Raises:
            ComputeTargetException: The map has no entry for it.
        """
        is_gpu = type.upper() == "GPU"
        return self._compute(
            self.DEFAULT_GPU_CLUSTER_NAME if is_gpu else self.DEFAULT_CPU_CLUSTER_NAME
        )

    @unused_arguments(
        {"auth cloud": _NO_LOGIN, "sku tags": _NOTHING_CREATED},
        defaults={"sku": "basic", "cloud": "AzureCloud"},
        by_position="auth sku tags",
    )
    def __init__(
        self,
        subscription_id: str = "",
        resource_group: str = "",
        workspace_name: str = "workspace",
        *,
        azure_map: Any = None,
        location: str = "",
        **azure: Any,
    ) -> None:
        self.subscription_id, self.resource_group = subscription_id, resource_group
        self.name, self.location = workspace_name, location
        self._given_map = azure_map
        self._map: AzureMap | None = None
        self._client: SweepClient | None = None

    @staticmethod
    @unused_arguments({"auth cloud": _NO_LOGIN}, harmless="_logger")
    def from_config(
        path: str | None = None,
        auth: Any = None,
        _logger: Any = None,
        _file_name: str | None = None,
        *,
        azure_map: Any = None,
        **azure: Any,
    ) -> Workspace:
        """Return the workspace of a ``config.json``; without the file, a workspace without a name.

        Args:
            path: The file, or its folder; ``.azureml`` and the current folder are searched by default.
            auth: Azure's; not used, with a warning.
            azure_map: The Azure map, as of the class.
            azure: Azure's ``cloud``; not used, with a warning.
        """
        found = read_config(path, _file_name or CONFIG)
        return Workspace(
            found.get("subscription_id", ""),
            found.get("resource_group", ""),
            found.get("workspace_name", "workspace"),
            azure_map=azure_map,
        )

    @staticmethod
    @unused_arguments(
        {"auth cloud": _NO_LOGIN},
        harmless="id",
        defaults={"cloud": "AzureCloud"},
        by_position="cloud id",
    )
    def get(
        name: str,
        auth: Any = None,
        subscription_id: str = "",
        resource_group: str = "",
        location: str = "",
        *,
        azure_map: Any = None,
        **azure: Any,
    ) -> Workspace:
        """Return the workspace of a name.

        Args:
            name: Name of the workspace.
            auth: Azure's; not used, with a warning.
            subscription_id: Azure's; kept.
            resource_group: Azure's; kept.
            location: Azure's; kept.
            azure_map: The Azure map, as of the class.
            azure: Azure's ``cloud``, which is not used, with a warning, and ``id``.
        """
        return Workspace(
            subscription_id, resource_group, name, azure_map=azure_map, location=location
        )

    @staticmethod
    @unused_arguments(
        {"auth": _NO_LOGIN, _CREATION: _NOTHING_CREATED},
        harmless="exist_ok show_output",
        defaults={
            **{
                "create_resource_group": True,
                "sku": "basic",
                "private_endpoint_auto_approval": True,
            },
            "system_datastores_auth_mode": "accessKey",
        },
        by_position=_CREATION_ORDER,
    )
    def create(
        name: str,
        auth: Any = None,
        subscription_id: str = "",
        resource_group: str = "",
        location: str = "",
        *,
        azure_map: Any = None,
        **azure: Any,
    ) -> Workspace:
        """Return the workspace of a name; nothing is created.

        Args:
            name: Name of the workspace.
            auth: Azure's; not used, with a warning.
            subscription_id: Azure's; kept.
            resource_group: Azure's; kept.
            location: Azure's; kept.
            azure_map: The Azure map, as of the class.
            azure: Azure's other arguments; not used, with a warning.
        """
        return Workspace(
            subscription_id, resource_group, name, azure_map=azure_map, location=location
        )

    _get_or_create = create  # notebooks of Microsoft's call it

    @property
    def azure_map(self) -> AzureMap:
        """The Azure map; an empty one if there is none."""
        if self._map is None:
            from .._azure_map import load_map

            self._map = load_map(self._given_map)
        return self._map

    @property
    def is_local(self) -> bool:
        """Whether sweeps run on this machine (``workspace: {local: true}`` of the map)."""
        return self.azure_map.workspace.local

    @property
    def client(self) -> SweepClient:
        """The client of the cluster.

        Raises:
            SweepError: There is neither a kubeconfig nor a service account.
        """
        if self._client is None:
            from ...sdk.client import SweepClient

            entry = self.azure_map.workspace
            self._client = SweepClient(
                entry.namespace or None,
                kubeconfig=entry.kubeconfig or None,
                context=entry.context or None,
            )
        return self._client

    @property
    def compute_targets(self) -> dict[str, Any]:
        """The compute targets of the map by name."""
        names = [name for name in self.azure_map.computes if name != "*"]
        return MappedNames({n: self._compute(n) for n in names}, "compute", self, self._compute)

    @property
    def datasets(self) -> Mapping[str, Any]:
        """The data of the map, and those that this program has registered, by name."""
        from .dataset import registered_datasets

        return registered_datasets(self)

    @property
    def datastores(self) -> dict[str, Any]:
        """The datastores of the map by name."""
        from .datastore import Datastore

        names = [name for name in self.azure_map.datastores if name != "*"]
        found = {name: Datastore(self, name) for name in names}
        return MappedNames(found, "datastore", self, lambda name: Datastore(self, name))

    @property
    def environments(self) -> dict[str, Any]:
        """The environments of the map by name."""
        from .environment import Environment

        names = [name for name in self.azure_map.environments if name != "*"]
        found = {name: Environment.get(self, name) for name in names}
        return MappedNames(found, "environment", self, lambda name: Environment.get(self, name))

    def _compute(self, name: str) -> Any:
        from .compute import ComputeTarget

        return ComputeTarget(self, name)

    @property
    def models(self) -> dict[str, Any]:
        """The newest version of each model by name."""
        from .model import Model, NewestModels

        return NewestModels({model.name: model for model in Model.list(self, latest=True)})

    @property
    def webservices(self) -> Any:
        """Not supported; raises NotSupported."""
        from .webservice import Webservice

        return Webservice.list

    @property
    def experiments(self) -> dict[str, Any]:
        """The experiments of the sweeps by name."""
        from .experiment import Experiment, experiment_names

        return {name: Experiment(self, name) for name in experiment_names(self)}

    def get_default_datastore(self) -> Any:
        """Return the datastore ``workspaceblobstore``, Azure's default."""
        from .datastore import Datastore

        return Datastore(self, "workspaceblobstore")

    def set_default_datastore(self, name: str) -> None:
        """Not supported; raises NotSupported.

        Args:
            name: Name of the datastore.
        """
        from ..exceptions import NotSupported

        raise NotSupported(
            f"set_default_datastore({name!r}): the map's entry workspaceblobstore is the default; "
            "change that, and remove this line"
        )

    def get_default_keyvault(self) -> Any:
        """Return the key vault, whose secrets are environment variables."""
        from .keyvault import Keyvault

        return Keyvault()

    def get_run(self, run_id: str) -> Any:
        """Return a sweep, or a trial.

        Args:
            run_id: Name of the sweep or of the trial.

        Raises:
            NotFound: There is neither.
        """
        from .experiment import find_run

        return find_run(self, run_id)

    def objects(self, sweep: str) -> Any:
        """Return the access to the objects of a sweep.

        Args:
            sweep: Name of the sweep.
        """
        if self.is_local:
            from ...sdk.local import FolderSweepObjects, sweep_folder

            return FolderSweepObjects(sweep_folder(sweep), sweep)
        from ...sdk.cluster_sweep_objects import ClusterSweepObjects

        return ClusterSweepObjects(self.client.api, self.client.namespace, sweep)

    def get_mlflow_tracking_uri(self) -> str:
        """Return the environment variable ``MLFLOW_TRACKING_URI``; empty without one."""
        import os

        return os.environ.get("MLFLOW_TRACKING_URI", "")

    def get_details(self) -> dict[str, Any]:
        """Return the names of the workspace."""
        return {
            "name": self.name,
            "id": self.name,
            "location": self.location,
            "resourceGroup": self.resource_group,
            "subscriptionId": self.subscription_id,
        }

    def write_config(self, path: str | None = None, file_name: str | None = None) -> None:
        """Write ``config.json``.

        Args:
            path: Folder; ``.azureml`` is created in it. The current folder by default.
            file_name: Name of the file.
        """
        keys = {"subscription_id": self.subscription_id, "resource_group": self.resource_group}
        write_config({**keys, "workspace_name": self.name}, path, file_name or CONFIG)

    def __repr__(self) -> str:
        return f"Workspace.create(name={self.name!r}, resource_group={self.resource_group!r})"


__getattr__ = other_names(__name__)
