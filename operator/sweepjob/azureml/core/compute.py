"""``ComputeTarget``: nodes of the cluster, as the Azure map says. Nothing is provisioned."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

from ...training.unused_arguments import unused_arguments
from .._other_members import OtherMembers
from .._other_names import other_names
from .._unsupported import unsupported
from ..exceptions import ComputeTargetException

__path__: list[str] = []  # a package in Azure's client; see _missing_modules

_NO_MACHINES = (
    "no machines are created: the cluster has its nodes, and its limits and queues decide"
)
_MACHINES = (
    "vm_priority min_nodes max_nodes idle_seconds_before_scaledown admin_username "
    "admin_user_password admin_user_ssh_key vnet_resourcegroup_name vnet_name subnet_name "
    "remote_login_port_public_access identity_type identity_id location enable_node_public_ip "
    "ssh_public_access admin_user_ssh_public_key assigned_user_object_id assigned_user_tenant_id"
)


class ProvisioningConfiguration:
    """A size of virtual machines, by which the Azure map may have what a compute target is.

    Attributes:
        vm_size: Size of the virtual machines.
    """

    def __init__(self, vm_size: str | None = None) -> None:
        self.vm_size = vm_size


class ComputeTarget(OtherMembers):
    """A compute target.

    Args:
        workspace: The workspace.
        name: Name of the compute target.
        vm_size: Size of the virtual machines.

    Raises:
        ComputeTargetException: The Azure map has no entry for it; the message has the line to add.
    """

    _ignored: ClassVar[Mapping[str, str]] = {
        "add_identity detach refresh_state remove_identity restart start stop update_quotas": "the "
        "cluster has its nodes, and nothing is provisioned",
    }
    _refused: ClassVar[Mapping[str, str]] = {
        "get get_active_runs list_nodes list_quotas list_usages": "the cluster has nodes and quotas: "
        "kubectl get nodes, kubectl get resourcequotas",
        "deserialize get_docs_url": "it has no equivalent; remove this line",
    }
    type = "AmlCompute"
    provisioning_state = "Succeeded"

    def __new__(cls, *_: Any, **__: Any) -> ComputeTarget:
        """Return an AmlCompute, as Azure does: programs compare the type of a target with it."""
        return object.__new__(AmlCompute if cls is ComputeTarget else cls)

    def __init__(self, workspace: Any, name: str, vm_size: str | None = None) -> None:
        self.workspace, self.name, self.vm_size = workspace, name, vm_size
        azure_map = workspace.azure_map
        is_known = azure_map.find_compute(name) is not None
        if not is_known and not (vm_size and azure_map.find_instance_type(vm_size)):
            raise ComputeTargetException(
                f"compute target {name!r}: {azure_map.missing('compute', name)}"
            )

    @staticmethod
    @unused_arguments(
        {_MACHINES: _NO_MACHINES},
        harmless="tags description",
        defaults={
            "vm_priority": "dedicated",
            "min_nodes": 0,
            "idle_seconds_before_scaledown": 1800,
            "remote_login_port_public_access": "NotSpecified",
            "enable_node_public_ip": True,
        },
        by_position="vm_priority min_nodes max_nodes idle_seconds_before_scaledown "
        "admin_username admin_user_password admin_user_ssh_key "
        "vnet_resourcegroup_name vnet_name subnet_name tags description "
        "remote_login_port_public_access identity_type identity_id location "
        "enable_node_public_ip",
    )
    def provisioning_configuration(vm_size: str = "", **azure: Any) -> ProvisioningConfiguration:
        """Return a size of virtual machines.

        Args:
            vm_size: The size.
            azure: Azure's other arguments, such as ``max_nodes``; not used, with a warning: limits and
                queues of the cluster decide.
        """
        return ProvisioningConfiguration(vm_size)

    @staticmethod
    def create(workspace: Any, name: str, provisioning_configuration: Any) -> ComputeTarget:
        """Return the compute target of a name, by its entry in the Azure map, or by that of its size.

        Args:
            workspace: The workspace.
            name: Name of the compute target.
            provisioning_configuration: Its size.

        Raises:
            ComputeTargetException: The Azure map has neither; the message has the line to add.
        """
        return AmlCompute(workspace, name, getattr(provisioning_configuration, "vm_size", None))

    @staticmethod
    @unused_arguments({"attach_configuration": "the Azure map says what the compute target is"})
    def attach(workspace: Any, name: str, attach_configuration: Any) -> ComputeTarget:
        """Return the compute target of a name.

        Args:
            workspace: The workspace.
            name: Name of the compute target.
            attach_configuration: Azure's; not used, with a warning.
        """
        return ComputeTarget(workspace, name)

    @staticmethod
    @unused_arguments(harmless="location")
    def supported_vmsizes(workspace: Any, location: str | None = None) -> list[dict[str, Any]]:
        """Return the sizes of virtual machines that the Azure map has.

        Args:
            workspace: The workspace.
            location: Azure's; the map's sizes are those of all regions.
        """
        return [{"name": name} for name in workspace.azure_map.instance_types if name != "*"]

    @staticmethod
    def list(workspace: Any) -> list[Any]:
        """Return the compute targets of the Azure map.

        Args:
            workspace: The workspace.
        """
        return list(workspace.compute_targets.values())

    @unused_arguments(
        harmless="show_output min_node_count timeout_in_minutes is_delete_operation",
        by_position="show_output min_node_count timeout_in_minutes is_delete_operation",
    )
    def wait_for_completion(self, **azure: Any) -> None:
        """Do nothing: nothing is provisioned.

        Args:
            azure: Azure's arguments, such as ``show_output``.
        """

    def get_status(self) -> Any:
        """Return a status; its nodes are not counted."""
        return SimpleNamespace(serialize=self.serialize, **self.serialize())

    @property
    def status(self) -> Any:
        """The status; its nodes are not counted."""
        return self.get_status()

    def serialize(self) -> dict[str, Any]:
        """Return the compute target as a dict."""
        return {
            "name": self.name,
            "type": self.type,
            "provisioningState": self.provisioning_state,
            "vmSize": self.vm_size,
        }

    @unused_arguments(
        {_MACHINES: _NO_MACHINES},
        by_position="min_nodes max_nodes idle_seconds_before_scaledown",
    )
    def update(self, **azure: Any) -> None:
        """Do nothing: limits and queues of the cluster decide.

        Args:
            azure: Azure's numbers of nodes; not used, with a warning.
        """

    @unused_arguments(
        harmless="wait_for_completion show_output",
        by_position="wait_for_completion show_output",
    )
    def delete(self, **azure: Any) -> None:
        """Do nothing: nothing was provisioned.

        Args:
            azure: Azure's ``wait_for_completion`` and ``show_output``.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


class AmlCompute(ComputeTarget):
    """A compute target."""


class ComputeInstance(ComputeTarget):
    """A compute target of one machine."""

    type = "ComputeInstance"


class KubernetesCompute(ComputeTarget):
    """A compute target on Kubernetes."""

    type = "Kubernetes"


class RemoteCompute(ComputeTarget):
    """A virtual machine."""

    type = "VirtualMachine"


_DEPLOYMENT = "models are not deployed here; remove this line"
AksCompute = unsupported("AksCompute", _DEPLOYMENT)
DatabricksCompute = unsupported("DatabricksCompute", "HyperDrive does not run on it, also in Azure")
HDInsightCompute = unsupported("HDInsightCompute", "HyperDrive does not run on it, also in Azure")
DsvmCompute = unsupported("DsvmCompute", "give a compute target that the Azure map has")

__getattr__ = other_names(__name__)
