"""``OutputFileDatasetConfig``: a folder that each trial writes."""

from __future__ import annotations

import re
from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .._unsupported import unsupported
from .dataset_consumption_config import DatasetConsumptionConfig

_SCRIPT_READS = "the script reads the files; read them so there"
_DELIMITED = "include_path separator header partition_format path_glob set_column_types"
_PARQUET = "include_path partition_format path_glob set_column_types"


class _Written:
    """What a step has written, as the data of a later one.

    Args:
        output: The output.
    """

    def __init__(self, output: OutputFileDatasetConfig) -> None:
        self.name, self._output = output.name, output

    @property
    def producer(self) -> Any:
        """The step that writes it."""
        return self._output.producer

    @property
    def references(self) -> tuple[str, ...]:
        """What it is, in Azure's terms."""
        return (f"azureml:{self.name}",)


class OutputFileDatasetConfig:
    """A folder for each trial on a datastore, as an argument of its script.

    Args:
        name: Name of the output.
        destination: The datastore with a path, below which each trial has a folder; the default
            datastore by default. ``{run-id}`` and ``{output-name}`` are left out of the path.
        source: Folder of the container that the script writes to; the output is mounted there.
        partition_format: Azure's; not used, with a warning.

    Attributes:
        producer: The step of a pipeline that writes it.
    """

    @unused_arguments({"partition_format": "nothing is registered"})
    def __init__(
        self,
        name: str = "output",
        destination: Any = None,
        source: str | None = None,
        partition_format: str | None = None,
    ) -> None:
        self.name = "".join(c if c.isalnum() else "_" for c in name)
        pair = destination if isinstance(destination, tuple) else (destination, "")
        self.datastore = getattr(pair[0], "name", None)
        # A trial has a folder of its own without these words of Azure's.
        self.path = re.sub(r"/?\{[^}]*\}", "", str(pair[1] or "")).strip("/")
        self.source = source
        self.producer: Any = None

    @unused_arguments(harmless="disable_metadata_cache")
    def as_mount(self, disable_metadata_cache: bool = False) -> OutputFileDatasetConfig:
        """Return the same output.

        Args:
            disable_metadata_cache: Azure's; a mounted volume has no such cache.
        """
        return self

    @unused_arguments({"source_globs": "the whole folder is kept"}, harmless="overwrite")
    def as_upload(
        self, overwrite: bool = False, source_globs: Any = None
    ) -> OutputFileDatasetConfig:
        """Return the same output, which is mounted.

        Args:
            overwrite: Azure's; each trial has a folder of its own.
            source_globs: Azure's; not used, with a warning.
        """
        return self

    def as_input(self, name: str | None = None) -> DatasetConsumptionConfig:
        """Return the output as an input of a later step: data of its name in the Azure map.

        Args:
            name: Name of the input: ``run.input_datasets[name]``; that of the output by default.
        """
        return DatasetConsumptionConfig(name or self.name, _Written(self), mode="mount")

    @unused_arguments(
        {_DELIMITED: _SCRIPT_READS},
        defaults={"separator": ","},
        by_position=_DELIMITED,
    )
    def read_delimited_files(self, **azure: Any) -> OutputFileDatasetConfig:
        """Return the same output.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

    @unused_arguments({_PARQUET: _SCRIPT_READS}, by_position=_PARQUET)
    def read_parquet_files(self, **azure: Any) -> OutputFileDatasetConfig:
        """Return the same output.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

    @unused_arguments(
        {"name": "nothing is registered: the folder of each trial stays on the volume"},
        harmless="description tags",
    )
    def register_on_complete(
        self, name: str, description: str | None = None, tags: Any = None
    ) -> OutputFileDatasetConfig:
        """Return the same output. Nothing is registered, with a warning.

        Args:
            name: Azure's name of a dataset.
            description: Description.
            tags: Tags.
        """
        return self


_REMEDY = "give OutputFileDatasetConfig(destination=(datastore, path)), a folder on a volume"
HDFSOutputDatasetConfig = unsupported("HDFSOutputDatasetConfig", _REMEDY)
LinkFileOutputDatasetConfig = unsupported("LinkFileOutputDatasetConfig", _REMEDY)
LinkTabularOutputDatasetConfig = unsupported("LinkTabularOutputDatasetConfig", _REMEDY)

__getattr__ = other_names(__name__)
