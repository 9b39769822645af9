"""Operations on the assets of a workspace: what code registers, and what the Azure map has."""

from __future__ import annotations

import warnings
from typing import Any

from ...loading.azure_map import AzureMap
from ...loading.azure_map.azure_map import DEFAULT_DATASTORE
from ...training.unused_arguments import level_of_the_program, unused_arguments
from ..arguments import ArgumentError
from ..job import SweepWarning
from ..sweep_objects import NotFound
from .assets import AmlCompute, Data, DatastoreDescription, Model

# Azure's name, for jobs as well.
ResourceNotFoundError = NotFound


class Poller:
    """The result of an operation that Azure's client waits for; here it is there at once."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def result(self, timeout: float | None = None) -> Any:
        """Return the result.

        Args:
            timeout: Azure's; there is nothing to wait for.
        """
        return self._result

    def wait(self, timeout: float | None = None) -> None:
        """Return at once.

        Args:
            timeout: Azure's; there is nothing to wait for.
        """

    def done(self) -> bool:
        """Return True."""
        return True

    def status(self) -> str:
        """Return ``Succeeded``."""
        return "Succeeded"


class AssetOperations:
    """Environments, data or models. They are kept in this process, and the Azure map says what they are.

    Args:
        azure_map: the map.
        assets: what this program has registered, by name and by ``NAME:VERSION``.
        kind: class of the assets.
    """

    def __init__(self, azure_map: AzureMap, assets: dict[str, Any], kind: type) -> None:
        self._map, self._assets, self._kind = azure_map, assets, kind

    def create_or_update(
        self, asset: Any = None, *, environment: Any = None, data: Any = None, model: Any = None
    ) -> Any:
        """Register an asset in this process.

        Args:
            asset: The asset.
            environment: The asset by Azure's name of the argument.
            data: The same.
            model: The same.

        Returns:
            The asset, with a version.

        Raises:
            ArgumentError: Not exactly one asset is given.
        """
        given = [each for each in (asset, environment, data, model) if each is not None]
        if len(given) != 1:
            raise ArgumentError("create_or_update: give one asset")
        (asset,) = given
        if asset.version is None:
            asset.version = "1"
        self._assets[f"{asset.name}:{asset.version}"] = asset
        self._assets[str(asset.name)] = asset
        return asset

    def begin_create_or_update(self, asset: Any = None, **named: Any) -> Poller:
        """Register an asset in this process.

        Args:
            asset: The asset.
            named: The asset by Azure's name of the argument, as of ``create_or_update``.
        """
        return Poller(self.create_or_update(asset, **named))

    def get(self, name: str, version: str | None = None, label: str | None = None) -> Any:
        """Return an asset.

        Args:
            name: Its name.
            version: Its version.
            label: Its label, such as ``latest``.

        Raises:
            ResourceNotFoundError: There is none, neither here nor in the Azure map.
        """
        found = self._assets.get(f"{name}:{version}" if version else name)
        if isinstance(found, self._kind):
            return found
        section = "environment" if self._kind not in (Data, Model) else "data"
        reference = f"azureml:{name}:{version}" if version else f"azureml:{name}@latest"
        entry: Any = (
            self._map.find_environment(reference)
            if section == "environment"
            else self._map.find_data(reference)
        )
        if entry is None:
            missing = self._map.missing(section, reference)
            raise ResourceNotFoundError(f"{name}: there is none: {missing}")
        path = {"path": reference} if section == "data" else {"image": entry.image}
        return self._kind(name=name, version=version or "1", **path)

    @unused_arguments(harmless="version label")
    def archive(self, name: str, version: str | None = None, label: str | None = None) -> None:
        """Say that nothing is archived: the Azure map has the assets.

        Args:
            name: Name of the asset.
            version: Azure's; not used.
            label: Azure's; not used.
        """
        warnings.warn(
            f"{name}: nothing is archived; the Azure map has it",
            SweepWarning,
            stacklevel=level_of_the_program(),
        )

    restore = archive

    def __getattr__(self, operation: str) -> Any:
        """Refuse Azure's other operations.

        Raises:
            AttributeError: Azure's client has no such operation.
            ArgumentError: It has no counterpart.
        """
        if operation not in ("download", "import_data", "mount", "package", "share"):
            raise AttributeError(f"there is no operation {operation!r}", name=operation, obj=self)
        raise ArgumentError(
            f"{self._kind.__name__}: {operation}: is not supported: the Azure map says where it is; "
            "for the files of a trial use ml_client.jobs.download(NAME)"
        )

    @unused_arguments({"list_view_type stage": "nothing is archived; all assets are returned"})
    def list(self, name: str | None = None, **azure: Any) -> list[Any]:
        """Return the assets that this program has registered.

        Args:
            name: Name of the assets; all by default.
            azure: Azure's ``list_view_type`` and ``stage``; not used, with a warning.
        """
        found: list[Any] = [
            a for key, a in self._assets.items() if ":" in key and isinstance(a, self._kind)
        ]
        return [asset for asset in found if name in (None, asset.name)]


class ComputeOperations:
    """Compute targets, which are those of the Azure map.

    Args:
        azure_map: the map.
    """

    def __init__(self, azure_map: AzureMap) -> None:
        self._map = azure_map

    def get(self, name: str) -> AmlCompute:
        """Return a compute target.

        Args:
            name: Its name.

        Raises:
            ResourceNotFoundError: The Azure map has none of that name.
        """
        if self._map.find_compute(name) is None:
            missing = self._map.missing("compute", name)
            raise ResourceNotFoundError(f"{name}: there is no such compute: {missing}")
        return AmlCompute(name=name)

    @unused_arguments({"compute_type": "all compute targets of the Azure map are returned"})
    def list(self, *, compute_type: str | None = None) -> list[AmlCompute]:
        """Return the compute targets of the Azure map.

        Args:
            compute_type: Azure's; not used, with a warning.
        """
        return [AmlCompute(name=name) for name in self._map.computes if name != "*"]

    def begin_create_or_update(self, compute: Any) -> Poller:
        """Return the compute target. Nothing is created; the Azure map says what it is.

        Args:
            compute: The compute target.
        """
        is_known = self._map.find_compute(compute.name) is not None
        remedy = (
            "the Azure map says what this compute target is"
            if is_known
            else self._map.missing("compute", compute.name)
        )
        message = f"{compute.name}: no machines are created, the cluster has its nodes: {remedy}"
        warnings.warn(message, SweepWarning, stacklevel=level_of_the_program())
        return Poller(compute)

    create_or_update = begin_update = begin_attach = begin_create_or_update

    @unused_arguments(harmless="action")
    def begin_start(self, name: str, **azure: Any) -> Poller:
        """Do nothing: the cluster has its nodes.

        Args:
            name: Name of the compute target.
            azure: Azure's ``action``.
        """
        warnings.warn(
            f"{name}: no machines are started, stopped or deleted; the cluster has its nodes",
            SweepWarning,
            stacklevel=level_of_the_program(),
        )
        return Poller(None)

    begin_stop = begin_restart = begin_delete = begin_start

    def __getattr__(self, operation: str) -> Any:
        """Refuse Azure's other operations.

        Raises:
            AttributeError: Azure's client has no such operation.
            ArgumentError: It has no counterpart.
        """
        if operation not in ("enable_sso", "list_nodes", "list_sizes", "list_usage"):
            raise AttributeError(f"there is no operation {operation!r}", name=operation, obj=self)
        raise ArgumentError(
            f"compute.{operation}: is not supported: kubectl get nodes and kubectl get resourcequotas "
            "show what the cluster has"
        )


class DatastoreOperations:
    """Datastores, which are those of the Azure map.

    Args:
        azure_map: the map.
    """

    def __init__(self, azure_map: AzureMap) -> None:
        self._map = azure_map

    @unused_arguments({"include_secrets": "a datastore is a volume here, without an account"})
    def get(self, name: str, **azure: Any) -> DatastoreDescription:
        """Return a datastore.

        Args:
            name: Its name.
            azure: Azure's ``include_secrets``; not used, with a warning.

        Raises:
            ResourceNotFoundError: The Azure map has none of that name.
        """
        if self._map.find_datastore(name) is None:
            missing = self._map.missing("datastore", name)
            raise ResourceNotFoundError(f"{name}: there is no such datastore: {missing}")
        return DatastoreDescription(name)

    @unused_arguments({"include_secrets": "a datastore is a volume here, without an account"})
    def get_default(self, **azure: Any) -> DatastoreDescription:
        """Return the default datastore, ``workspaceblobstore``.

        Args:
            azure: Azure's ``include_secrets``; not used, with a warning.
        """
        return self.get(DEFAULT_DATASTORE)

    @unused_arguments({"include_secrets": "a datastore is a volume here, without an account"})
    def list(self, **azure: Any) -> list[DatastoreDescription]:
        """Return the datastores of the Azure map.

        Args:
            azure: Azure's ``include_secrets``; not used, with a warning.
        """
        return [DatastoreDescription(name) for name in self._map.datastores if name != "*"]

    def __getattr__(self, operation: str) -> Any:
        """Refuse Azure's other operations.

        Raises:
            AttributeError: Azure's client has no such operation.
            ArgumentError: It has no counterpart.
        """
        if operation not in ("create_or_update", "delete", "mount"):
            raise AttributeError(f"there is no operation {operation!r}", name=operation, obj=self)
        raise ArgumentError(
            f"datastores.{operation}: is not supported: the Azure map has datastores: datastore: "
            "{NAME: {claim: CLAIM}}"
        )


class UnsupportedOperations:
    """Operations of Azure's client that have no meaning here."""

    def __init__(self, name: str, reason: str) -> None:
        self._name, self._reason = name, reason

    def __getattr__(self, operation: str) -> Any:
        """Return a function that raises.

        Raises:
            AttributeError: the name is private.
        """
        if operation.startswith("_"):
            raise AttributeError(operation)

        def refuse(*_: Any, **__: Any) -> Any:
            raise ArgumentError(f"{self._name}.{operation}: is not supported: {self._reason}")

        return refuse
