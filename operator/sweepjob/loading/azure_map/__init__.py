"""The map of an Azure workspace: what its computes, environments, data and code are on a cluster."""

from .azure_map import AzureMap, MissingEntry
from .entries import CodeEntry, ComputeEntry, DataEntry, EnvironmentEntry, WorkspaceEntry
from .reading import MAP_VARIABLE, InvalidAzureMap, current_azure_map, read_azure_map
from .resolution import (
    Environment,
    Resolved,
    producing_step,
    resolve_data,
    resolve_environment,
)

__all__ = [
    "MAP_VARIABLE",
    "AzureMap",
    "CodeEntry",
    "ComputeEntry",
    "DataEntry",
    "Environment",
    "EnvironmentEntry",
    "InvalidAzureMap",
    "MissingEntry",
    "Resolved",
    "WorkspaceEntry",
    "current_azure_map",
    "producing_step",
    "read_azure_map",
    "resolve_data",
    "resolve_environment",
]
