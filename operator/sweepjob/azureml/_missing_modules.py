"""Finds Azure's modules that have no file here.

The names of a module of a package are those of the package. Azure's other packages, and private modules,
can be imported: they are the installed ones, or a use of their names says what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ._other_names import other_names
from ._unsupported import unsupported

_PREFIX = f"{__package__}."
_REMEDY = "is not available here; remove this import and the code that uses it"

# Azure's modules by package.
_MODULES = {
    "core": "databricks linked_service private_endpoint profile util",
    "core.compute": "adla aks amlcompute batch compute computeinstance databricks datafactory dsvm "
    "hdinsight kubernetescompute kusto remote synapse",
    "core.image": "container image unknown_image",
    "core.webservice": "aci aks container_resource_requirements local unknown_webservice webservice",
    "data": "abstract_datastore azure_data_lake_datastore azure_my_sql_datastore "
    "azure_postgre_sql_datastore azure_sql_database_datastore azure_storage_datastore "
    "constants context_managers data_reference_config datacache datacache_client "
    "datacache_consumption_config dataset_action_run dataset_definition dataset_error_handling "
    "dataset_profile dataset_profile_run dataset_profile_run_config dataset_snapshot "
    "dataset_type_definitions datastore_client dbfs_datastore hdfs_datastore sql_data_reference "
    "stored_procedure_parameter",
    "pipeline.core": "builder module module_step_base pipeline pipeline_draft pipeline_endpoint "
    "pipeline_output_dataset run",
    "pipeline.steps": "adla_step automl_step azurebatch_step command_step data_transfer_step "
    "databricks_step estimator_step hyper_drive_step kusto_step module_step mpi_step "
    "parallel_run_config parallel_run_step python_script_step r_script_step synapse_spark_step",
    "telemetry": "activity contracts log_scope logger loggers logging_handler",
    "train.automl": "automl_step automlconfig constants exceptions run runtime utilities",
    "train.hyperdrive": "error_definition error_strings exceptions",
    "widgets": "parallel_run_step_details run_details",
}

# Azure's packages that are no part of its training client, some of which work without a workspace.
_OTHER_PACKAGES = (
    *("accel", "automl", "contrib", "datadrift", "dataprep", "designer", "explain", "fsspec"),
    *(
        "interpret",
        "mlflow",
        "monitoring",
        "opendatasets",
        "responsibleai",
        "tensorboard",
        "training",
    ),
)


class _OtherModule(Loader):
    """Loads a module of another package of Azure's: the installed one, or names whose use is refused.

    Args:
        azure: name of the module in Azure's client.
    """

    def __init__(self, azure: str) -> None:
        self._azure = azure

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None, for an ordinary module.

        Args:
            spec: The module.
        """
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module find its names.

        Args:
            module: The module.
        """
        azure, package = self._azure, ".".join(self._azure.split(".")[:2])
        installed = _is_installed(azure)
        private = any(part.startswith("_") for part in azure.split("."))
        remedy = (
            "is private in Azure's client; remove the code that uses it"
            if private
            else f"{package} is not here; install {package.replace('.', '-')}, or remove the code that "
            "uses it"
        )

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if installed:
                return getattr(import_module(azure), name)
            return unsupported(name, remedy)

        module.__getattr__ = find  # type: ignore[method-assign] # of this module alone, PEP 562


def _is_installed(azure: str) -> bool:
    try:
        return find_spec(azure) is not None
    except (ImportError, ValueError):
        return False


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
        parts = inner.split(".")
        if parts[0] in _OTHER_PACKAGES or any(part.startswith("_") for part in parts):
            return ModuleSpec(name, _OtherModule(f"azureml.{inner}"), is_package=True)
        raise ModuleNotFoundError(f"azureml.{inner}: {_REMEDY}", name=name)


def install() -> None:
    """Add the finder, once."""
    if not any(isinstance(finder, _MissingModules) for finder in sys.meta_path):
        sys.meta_path.append(_MissingModules())
