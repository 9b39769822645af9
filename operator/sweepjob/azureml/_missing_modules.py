"""Finds Azure's modules that have no file here.

The names of a module of a package are those of the package. Azure's other packages, and private modules,
can be imported: they are the installed ones, or a use of their names says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from ..virtual_modules import VirtualModule, add_finder
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
    "pipeline.core": "builder graph module module_step_base pipeline pipeline_draft pipeline_endpoint "
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
    *("interpret", "mlflow", "monitoring", "opendatasets", "responsibleai", "tensorboard"),
    "training",
)


def _other_module(azure: str) -> VirtualModule:
    """Return a module of another package of Azure's: the installed one, or names whose use is refused.

    Args:
        azure: Name of the module in Azure's client.
    """
    package, installed = ".".join(azure.split(".")[:2]), _is_installed(azure)
    if any(part.startswith("_") for part in azure.split(".")):
        remedy = "is private in Azure's client; remove the code that uses it"
    else:
        install_name = package.replace(".", "-")
        remedy = f"{package} is not here; install {install_name}, or remove the code that uses it"

    def find(name: str) -> Any:
        return getattr(import_module(azure), name) if installed else unsupported(name, remedy)

    return VirtualModule(find)


def _is_installed(azure: str) -> bool:
    try:
        return find_spec(azure) is not None
    except (ImportError, ValueError):
        return False


def _module_of_package(name: str) -> VirtualModule:
    """Return a module such as ``azureml.core.compute.amlcompute``, with the names of its package.

    Args:
        name: Name of the module.
    """

    def find(attribute: str) -> Any:
        package = import_module(name.rpartition(".")[0])
        try:
            return getattr(package, attribute)
        except AttributeError:
            pass
        try:
            return other_names(name)(attribute)
        except AttributeError:
            azure = f"azureml.{name[len(_PREFIX) :]}.{attribute}"
            raise ImportError(f"{azure}: {_REMEDY}", name=attribute) from None

    return VirtualModule(find)


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
            return ModuleSpec(name, _module_of_package(name))
        parts = inner.split(".")
        if parts[0] in _OTHER_PACKAGES or any(part.startswith("_") for part in parts):
            return ModuleSpec(name, _other_module(f"azureml.{inner}"), is_package=True)
        raise ModuleNotFoundError(f"azureml.{inner}: {_REMEDY}", name=name)


def install() -> None:
    """Add the finder, once."""
    add_finder(_MissingModules)
