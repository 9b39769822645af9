"""Reads the Azure map of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..loading.azure_map import AzureMap


def load_map(given: Any = None) -> AzureMap:
    """Return an Azure map.

    Args:
        given: A map, or its file; by default ``SWEEPJOB_AZURE_MAP``, or ``azure-map.yaml`` of the current
            folder.

    Returns:
        The map; an empty one if there is none.

    Raises:
        ArgumentError: It cannot be read, or has errors.
    """
    from ..loading.azure_map import AzureMap
    from ..sdk.current_map import current_map

    return given if isinstance(given, AzureMap) else current_map(given)
