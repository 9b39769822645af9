"""The map of an Azure workspace: what its computes, environments, data and code are on a cluster."""

from .azure_map import AzureMap, MissingEntry
from .entries import CodeEntry, ComputeEntry, DataEntry, EnvironmentEntry, WorkspaceEntry
from .reading import MAP_VARIABLE, InvalidAzureMap, current_azure_map, read_azure_map

__all__ = [
    "MAP_VARIABLE",
    "AzureMap",
    "CodeEntry",
    "ComputeEntry",
    "DataEntry",
    "EnvironmentEntry",
    "InvalidAzureMap",
    "MissingEntry",
    "WorkspaceEntry",
    "current_azure_map",
    "read_azure_map",
]
