"""``AbstractDataset``: data by their name in the workspace, by address, or by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...training.datasets import InputDataset
from ...training.unused_arguments import unused_arguments
from .._other_members import OtherMembers
from .._other_names import other_names
from .dataset_consumption_config import DatasetConsumptionConfig
from .locations import located

# The datasets that this process has registered, by name; the Azure map has all others.
_registered: dict[str, AbstractDataset] = {}


class AbstractDataset(OtherMembers):
    """Data.

    Args:
        references: What the data are: ``azureml:NAME:VERSION``, addresses, URLs, or paths.
        name: Name of the dataset; None if it has none.
        version: Version of the dataset.
        workspace: The workspace; None outside of one.
    """

    _ignored: ClassVar[Mapping[str, str]] = {
        "add_tags hydrate remove_tags update": "the Azure map has the data, without tags",
    }
    _refused: ClassVar[Mapping[str, str]] = {
        "file_metadata filter get_partition_key_values partition_by partition_keys time_after "
        "time_before time_between time_recent timestamp_columns with_timestamp_columns": "pandas selects "
        "rows: do it with the data frame in the training script",
        "data_changed_time get_profile get_profile_runs submit_profile_run": "data are not profiled "
        "here; use describe() of the data frame",
        "as_cache as_hdfs mount": "data are mounted volumes: as_mount(), or paths() on this machine",
        "to_dask_dataframe to_parquet_files to_spark_dataframe": "use to_pandas_dataframe()",
        "random_split skip take take_sample": "files are not selected; select rows of a table, or files "
        "in the training script",
    }

    def __init__(
        self,
        references: tuple[str, ...],
        name: str | None = None,
        version: Any = 1,
        workspace: Any = None,
    ) -> None:
        self.references, self.name, self.version = references, name, version
        self.description = ""
        self.tags: dict[str, str] = {}
        self._workspace = workspace
        self._steps: tuple[Callable[[Any], Any], ...] = ()

    @property
    def id(self) -> str:
        """Name of the dataset, or its address."""
        return self.name or self.references[0]

    def as_named_input(self, name: str) -> DatasetConsumptionConfig:
        """Return the dataset as an input of a trial, ``run.input_datasets[name]`` in its script.

        Args:
            name: Name of the input.
        """
        return DatasetConsumptionConfig(name, self)

    @unused_arguments(harmless="create_new_version")
    def register(
        self,
        workspace: Any,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        create_new_version: bool = False,
    ) -> Any:
        """Give the dataset a name in this program. For other programs add it to the Azure map.

        Args:
            workspace: The workspace.
            name: The name.
            description: Description.
            tags: Tags.
            create_new_version: Azure's; the newest dataset of a name has it.
        """
        self.name, self._workspace = name, workspace
        self.description, self.tags = description or "", dict(tags or {})
        _registered[name] = self
        return self

    def unregister_all_versions(self) -> None:
        """Forget the name that this program gave."""
        _registered.pop(self.name or "", None)

    def paths(self) -> list[InputDataset]:
        """Return the paths and URLs of the data on this machine, or in the trial.

        Raises:
            UserErrorException: They are neither here nor in the Azure map.
        """
        azure_map = None if self._workspace is None else self._workspace.azure_map
        return located(self.references, self.name, azure_map)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name or ', '.join(self.references)!r})"


def registered(name: str) -> AbstractDataset | None:
    """Return the dataset that this program has registered by a name."""
    return _registered.get(name)


def registered_names() -> list[str]:
    """Return the names that this program has registered."""
    return list(_registered)


__getattr__ = other_names(__name__)
