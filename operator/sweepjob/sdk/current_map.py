"""The Azure map of this process, also from a ConfigMap of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..api.parsing.problem import InvalidSpec
from ..loading.azure_map import AzureMap, current_azure_map, read_azure_map
from ..loading.errors import LoadError
from .arguments import ArgumentError
from .sweep_objects import SweepError


def current_map(source: str | Path | None = None) -> AzureMap:
    """Return an Azure map.

    Args:
        source: A file, or ``configmap/NAME``; by default that of ``SWEEPJOB_AZURE_MAP``, or
            ``azure-map.yaml`` in the current folder.

    Returns:
        The map; an empty one if there is none.

    Raises:
        ArgumentError: It cannot be read, or has errors.
    """
    try:
        if source is None:
            return current_azure_map(_read_config_map)
        return read_azure_map(source, _read_config_map)
    except (LoadError, InvalidSpec) as error:
        raise ArgumentError(str(error)) from None


def _read_config_map(namespace: str | None, name: str) -> Mapping[str, Any]:
    from .config_maps import ConfigMaps
    from .custom_objects import connect

    api, default = connect(None, None)
    found = ConfigMaps(api, namespace or default).get(name)
    if found is None:
        raise SweepError(f"there is no ConfigMap {name} in namespace {namespace or default}")
    return found
