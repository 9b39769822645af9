"""``PipelineData``: data that a step of a pipeline writes for another one."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .data_reference import VARIABLE
from .dataset_consumption_config import MOUNT_PATH, DatasetConsumptionConfig

_SCRIPT_READS = "the script reads the files; read them so there"
_PARQUET = "include_path partition_format file_extension set_column_types"
_DELIMITED = (
    "include_path separator header partition_format file_extension set_column_types "
    "quoted_line_breaks"
)


class PipelineData:
    """Data that a step writes for another one; for a sweep, data of its name in the Azure map.

    Args:
        name: Name of the data.
        datastore: Azure's; kept.
        pipeline_output_name: Name for ``get_pipeline_output`` of the run.
        training_output: What of a sweep it has.
        azure: Azure's other arguments, which say how other steps write the data;
            ``output_path_on_compute`` is not used, with a warning.

    Attributes:
        producer: The step that writes it.
    """

    @unused_arguments(
        {"output_path_on_compute": "a script gets the path of the data as its argument"},
        harmless="output_name output_mode output_overwrite data_type is_directory",
        by_position="output_name output_mode output_path_on_compute output_overwrite data_type "
        "is_directory pipeline_output_name training_output",
    )
    def __init__(
        self,
        name: str,
        datastore: Any = None,
        *,
        pipeline_output_name: str | None = None,
        training_output: Any = None,
        **azure: Any,
    ) -> None:
        self.name, self.datastore = name, datastore
        self.pipeline_output_name, self.training_output = pipeline_output_name, training_output
        self.producer: Any = None

    @property
    def references(self) -> tuple[str, ...]:
        """What it is, in Azure's terms."""
        return (f"azureml:{self.name}",)

    @unused_arguments(harmless="input_name")
    def as_mount(self, input_name: str | None = None) -> PipelineData:
        """Return the same data.

        Args:
            input_name: Azure's name of the input.
        """
        return self

    @unused_arguments(harmless="input_name")
    def as_input(self, input_name: str | None = None) -> PipelineData:
        """Return the same data.

        Args:
            input_name: Azure's name of the input.
        """
        return self

    @unused_arguments({"path_on_compute": MOUNT_PATH}, harmless="input_name overwrite")
    def as_download(
        self,
        input_name: str | None = None,
        path_on_compute: str | None = None,
        overwrite: bool | None = None,
    ) -> PipelineData:
        """Return the same data, which are mounted.

        Args:
            input_name: Azure's name of the input.
            path_on_compute: Azure's; not used, with a warning.
            overwrite: Azure's; nothing is copied.
        """
        return self

    def as_dataset(self) -> PipelineData:
        """Return the same data."""
        return self

    def as_direct(self) -> PipelineData:
        """Return the same data."""
        return self

    def as_named_input(self, name: str) -> DatasetConsumptionConfig:
        """Return the same data as a named input.

        Args:
            name: Name of the input: ``run.input_datasets[name]``.
        """
        return DatasetConsumptionConfig(name, self)

    @unused_arguments(
        {"name": "nothing is registered: the data stay on the volume"},
        harmless="create_new_version",
    )
    def register(self, name: str, create_new_version: bool = True) -> PipelineData:
        """Return the same data. Nothing is registered, with a warning.

        Args:
            name: Azure's name of a dataset.
            create_new_version: Azure's.
        """
        return self

    def get_env_variable_name(self) -> str:
        """Return the name of the variable by which a script finds the data."""
        return f"{VARIABLE}{self.input_name}"

    @property
    def input_name(self) -> str:
        """Name of the variable, without its prefix."""
        return self.name

    @unused_arguments(
        {_PARQUET: _SCRIPT_READS}, defaults={"file_extension": ".parquet"}, by_position=_PARQUET
    )
    def parse_parquet_files(self, **azure: Any) -> PipelineData:
        """Return the same data.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

    @unused_arguments(
        {_DELIMITED: _SCRIPT_READS, "quoting encoding": _SCRIPT_READS},
        defaults={"separator": ",", "encoding": "utf8"},
        by_position=_DELIMITED,
    )
    def parse_delimited_files(self, **azure: Any) -> PipelineData:
        """Return the same data.

        Args:
            azure: Azure's arguments; not used, with a warning: the script reads the files.
        """
        return self

    def __repr__(self) -> str:
        return f"PipelineData({self.name!r})"
