"""Finds Azure's modules that have no file here: their names are those of the package around them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ._other_names import other_names

_PREFIX = f"{__package__}."
_REMEDY = "is not available here; remove this import and the code that uses it"

# Azure's modules by package.
_MODULES = {
    "core": "databricks linked_service private_endpoint profile",
    "core.compute": "adla aks amlcompute batch compute computeinstance databricks datafactory dsvm "
    "hdinsight kubernetescompute kusto remote synapse",
    "core.image": "container image unknown_image",
    "core.webservice": "aci aks container_resource_requirements local webservice",
    "data": "abstract_datastore azure_data_lake_datastore azure_storage_datastore "
    "dataset_definition dataset_error_handling dataset_type_definitions sql_data_reference",
    "pipeline.core": "builder module pipeline pipeline_draft pipeline_endpoint "
    "pipeline_output_dataset run",
    "pipeline.steps": "adla_step automl_step azurebatch_step command_step data_transfer_step "
    "databricks_step estimator_step hyper_drive_step kusto_step module_step mpi_step "
    "parallel_run_config parallel_run_step python_script_step r_script_step synapse_spark_step",
    "train.hyperdrive": "exceptions",
    "widgets": "parallel_run_step_details run_details",
}


class _ModuleOfPackage(Loader):
    """Loads a module such as ``azureml.core.compute.amlcompute``, with the names of its package."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None, for an ordinary module.

        Args:
            spec: The module.
        """
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module find its names in its package.

        Args:
            module: The module.
        """
        package = import_module(module.__name__.rpartition(".")[0])

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            try:
                return getattr(package, name)
            except AttributeError:
                pass
            try:
                return other_names(module.__name__)(name)
            except AttributeError:
                azure = f"azureml.{module.__name__[len(_PREFIX) :]}.{name}"
                raise ImportError(f"{azure}: {_REMEDY}", name=name) from None

        module.__getattr__ = find  # type: ignore[method-assign] # of this module alone, PEP 562


class _MissingModules(MetaPathFinder):
    """The last finder: what comes to it was not found by the others."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a module of a package below ``sweepjob.azureml``, or raise an error.

        Args:
            name: Name of the module.
            path: Path of its package.
            target: Not used.

        Raises:
            ModuleNotFoundError: There is no such package; the message says what to do.
        """
        if not name.startswith(_PREFIX):
            return None
        inner = name[len(_PREFIX) :]
        package, _, module = inner.rpartition(".")
        if module in _MODULES.get(package, "").split():
            return ModuleSpec(name, _ModuleOfPackage())
        raise ModuleNotFoundError(f"azureml.{inner}: {_REMEDY}", name=name)


def install() -> None:
    """Add the finder, once."""
    if not any(isinstance(finder, _MissingModules) for finder in sys.meta_path):
        sys.meta_path.append(_MissingModules())
