"""``MLClient(...).components``: registered components, whose files the Azure map has."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ...loading.azure_map import AzureMap
from ...training.unused_arguments import level_of_the_program, unused_arguments
from ..job import SweepWarning
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

    @unused_arguments(harmless="skip_validation")
    def create_or_update(self, component: Any, version: str | None = None, **azure: Any) -> Any:
        """Register a component in this process.

        Args:
            component: The component.
            version: Version of the component.
            azure: Azure's ``skip_validation``: a component is checked when it is used.
        """
        if version is not None:
            component.version = version
        self._registered[str(component.name)] = component
        return component

    @unused_arguments({"label": "the Azure map has one file for all labels; give version="})
    def get(self, name: str, version: str | None = None, label: str | None = None) -> Any:
        """Return a component.

        Args:
            name: Its name.
            version: Its version.
            label: Azure's; not used, with a warning.

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

    @unused_arguments({"list_view_type": "nothing is archived; all components are returned"})
    def list(self, name: str | None = None, **azure: Any) -> list[Any]:
        """Return the components that this program has registered.

        Args:
            name: Name of the component; all by default.
            azure: Azure's ``list_view_type``; not used, with a warning.
        """
        return [each for key, each in self._registered.items() if name in (None, key)]

    @unused_arguments(harmless="raise_on_failure")
    def validate(self, component: Any, **azure: Any) -> Sequence[str]:
        """Return no errors: a component is checked when it is loaded, and when a sweep is made of it.

        Args:
            component: The component.
            azure: Azure's ``raise_on_failure``.
        """
        return []

    @unused_arguments(harmless="version label")
    def archive(self, name: str, **azure: Any) -> None:
        """Say that nothing is archived: the Azure map has the components.

        Args:
            name: Name of the component.
            azure: Azure's ``version`` and ``label``.
        """
        warnings.warn(
            f"{name}: nothing is archived; the Azure map has it",
            SweepWarning,
            stacklevel=level_of_the_program(),
        )

    restore = archive
