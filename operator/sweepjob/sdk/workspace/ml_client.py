"""``MLClient``: Azure's client of a workspace, which here is a namespace of a cluster or this machine."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ...training.unused_arguments import level_of_the_program, unused_arguments
from ..arguments import ArgumentError
from ..azure_objects import Environment
from ..azure_resolution import Resolver
from ..client import SweepClient
from ..current_map import current_map
from ..job import SweepWarning
from .asset_operations import (
    AssetOperations,
    ComputeOperations,
    DatastoreOperations,
    Poller,
    UnsupportedOperations,
)
from .assets import Compute, Data, Model, WorkspaceDescription
from .backends import ClusterBackend, LocalBackend
from .component_operations import ComponentOperations
from .connection_options import CONNECTION_OPTIONS, CONNECTION_PARTS
from .job_operations import JobOperations
from .unsupported import reason_for

_UNSUPPORTED = (
    *("online_endpoints", "online_deployments", "batch_endpoints", "batch_deployments"),
    *("schedules", "connections", "registries", "serverless_endpoints", "indexes"),
    *("feature_sets", "feature_stores", "feature_store_entities", "workspace_outbound_rules"),
    *("capability_hosts", "marketplace_subscriptions", "azure_openai_deployments", "evaluators"),
)


class MLClient:
    """A client of a workspace.

    The Azure map says what the workspace is: ``workspace: {namespace: team-a}``, or
    ``workspace: {local: true}`` for this machine. Without an entry it is the namespace of the context of
    the kubeconfig. The arguments of Azure's client are accepted and not used.

    Args:
        credential: Azure's; not used, since the kubeconfig has the credentials.
        subscription_id: Azure's; not used.
        resource_group_name: Azure's; not used.
        workspace_name: Azure's; the Azure map has the workspace.
        registry_name: Azure's; not used, with a warning.
        azure_map: The Azure map: a file, or ``configmap/NAME``; by default that of
            ``SWEEPJOB_AZURE_MAP``, or ``azure-map.yaml`` in the current folder.
        azure: Azure's options of the connection, such as ``logging_enable`` and ``connection_verify``,
            since nothing connects to Azure; ``cloud``, ``transport`` and what else would change requests
            is not used, with a warning.

    Raises:
        ArgumentError: The map cannot be read.
        SweepError: There is neither a kubeconfig nor a service account.
    """

    @unused_arguments(
        {
            "registry_name": "environments and components of a registry are those of the Azure map",
            "registry_reference workspace_reference": "the Azure map has the workspace",
            " ".join(CONNECTION_PARTS): "nothing connects to Azure",
        },
        harmless=" ".join(CONNECTION_OPTIONS),
    )
    def __init__(
        self,
        credential: Any = None,
        subscription_id: str | None = None,
        resource_group_name: str | None = None,
        workspace_name: str | None = None,
        registry_name: str | None = None,
        *,
        azure_map: str | Path | None = None,
        **azure: Any,
    ) -> None:
        self.subscription_id, self.resource_group_name = subscription_id, resource_group_name
        self.azure_map = current_map(azure_map)
        where = self.azure_map.workspace
        self.workspace_name = workspace_name or where.namespace or "workspace"
        if credential is not None or subscription_id is not None:
            place = "this machine" if where.local else "the cluster of the kubeconfig"
            warnings.warn(
                f"MLClient: Azure's credential and workspace are not used; sweeps run on {place}",
                SweepWarning,
                stacklevel=level_of_the_program(),
            )
        assets: dict[str, Any] = {}
        resolver = Resolver(self.azure_map, local=where.local, assets=assets)
        self.jobs = JobOperations(LocalBackend() if where.local else self._cluster(), resolver)
        self.compute = ComputeOperations(self.azure_map)
        self.environments = AssetOperations(self.azure_map, assets, Environment)
        self.data = AssetOperations(self.azure_map, assets, Data)
        self.models = AssetOperations(self.azure_map, assets, Model)
        self.components = ComponentOperations(self.azure_map)
        self.datastores = DatastoreOperations(self.azure_map)
        self.workspaces = _Workspaces(self)

    def _cluster(self) -> ClusterBackend:
        where = self.azure_map.workspace
        return ClusterBackend(
            SweepClient(
                where.namespace or None,
                kubeconfig=where.kubeconfig or None,
                context=where.context or None,
            )
        )

    @classmethod
    @unused_arguments(
        {"path file_name": "config.json is not read: the Azure map has the workspace"}
    )
    def from_config(
        cls,
        credential: Any = None,
        *,
        path: Any = None,
        file_name: str | None = None,
        **arguments: Any,
    ) -> MLClient:
        """Return a client. Azure's ``config.json`` is not read.

        Args:
            credential: Azure's; not used.
            path: Azure's; not used, with a warning.
            file_name: Azure's; not used, with a warning.
            arguments: Arguments of the class.
        """
        return cls(credential, **arguments)

    def __getattr__(self, name: str) -> Any:
        """Return operations that raise when they are called.

        Raises:
            AttributeError: Azure's client has no such operations, either.
        """
        if name in _UNSUPPORTED:
            kind = name.title().replace("_", "")
            return UnsupportedOperations(f"MLClient.{name}", reason_for(kind))
        raise AttributeError(f"MLClient has no attribute {name!r}")

    def create_or_update(self, entity: Any, **options: Any) -> Any:
        """Submit a sweep, or register an asset.

        Args:
            entity: A sweep, a pipeline, an environment, data, a model or a component.
            options: Options of ``jobs.create_or_update``.

        Raises:
            ArgumentError: The entity is of another kind, or has errors.
        """
        for kind, operations in (
            (Environment, self.environments),
            (Data, self.data),
            (Model, self.models),
        ):
            if isinstance(entity, kind):
                return operations.create_or_update(entity)
        if getattr(entity, "_is_component", False):
            return self.components.create_or_update(entity)
        return self.jobs.create_or_update(entity, **options)

    def begin_create_or_update(self, entity: Any, **options: Any) -> Poller:
        """Register a compute target or an asset.

        Args:
            entity: The entity.
            options: Options of ``jobs.create_or_update``.

        Raises:
            ArgumentError: The entity is of another kind.
        """
        if isinstance(entity, Compute):
            return self.compute.begin_create_or_update(entity)
        if isinstance(entity, WorkspaceDescription):
            raise ArgumentError("workspaces are namespaces: kubectl create namespace NAME")
        return Poller(self.create_or_update(entity, **options))


class _Workspaces:
    """The only workspace of a client."""

    def __init__(self, client: MLClient) -> None:
        self._client = client

    def get(self, name: str | None = None) -> WorkspaceDescription:
        """Return the workspace.

        Args:
            name: Its name; that of the client by default.
        """
        group = self._client.resource_group_name
        return WorkspaceDescription(name or self._client.workspace_name, resource_group=group)

    @unused_arguments(harmless="scope filtered_kinds")
    def list(self, **azure: Any) -> list[WorkspaceDescription]:
        """Return the only workspace.

        Args:
            azure: Azure's ``scope`` and ``filtered_kinds``; there is one workspace.
        """
        return [self.get()]

    def begin_create(self, workspace: Any, **azure: Any) -> Any:
        """Not supported; raises ArgumentError.

        Args:
            workspace: The workspace.
            azure: Azure's other arguments; not used.

        Raises:
            ArgumentError: Workspaces are namespaces.
        """
        raise ArgumentError("workspaces are namespaces: kubectl create namespace NAME")

    begin_create_or_update = begin_update = begin_delete = begin_create
