"""``MLClient(...).components``: registered components, whose files the Azure map has."""

from __future__ import annotations

from typing import Any

from ...loading.azure_map import AzureMap
from .asset_operations import ResourceNotFoundError
from .components import load_component


class ComponentOperations:
    """Components of a workspace.

    Args:
        azure_map: the map.
    """

    def __init__(self, azure_map: AzureMap) -> None:
        self._map = azure_map
        self._registered: dict[str, Any] = {}

    def create_or_update(self, component: Any, **azure: Any) -> Any:
        """Register a component in this process.

        Args:
            component: The component.
            azure: Azure's other arguments; not used.
        """
        self._registered[str(component.name)] = component
        return component

    def get(self, name: str, version: str | None = None, label: str | None = None) -> Any:
        """Return a component.

        Args:
            name: Its name.
            version: Its version.
            label: Its label.

        Raises:
            ResourceNotFoundError: There is none, neither registered here nor in the Azure map.
        """
        if name in self._registered:
            return self._registered[name]
        reference = f"azureml:{name}:{version}" if version else f"azureml:{name}@latest"
        path = self._map.find_component(reference)
        if path is None:
            missing = self._map.missing("component", reference)
            raise ResourceNotFoundError(f"{name}: there is no such component: {missing}")
        return load_component(path)
