"""``Dataset``: the datasets of a workspace, by name, and new ones."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from typing import Mapping as TypingMapping  # noqa: UP035 for images with Python 3.8

from ...training.environment import TrialEnvironment
from ...training.unused_arguments import level_of_the_program, unused_arguments
from .._other_names import other_names
from ..data.abstract_dataset import registered, registered_names
from ..data.dataset_factory import FileDatasetFactory, TabularDatasetFactory
from ..data.file_dataset import FileDataset
from ..data.tabular_dataset import TabularDataset
from ..exceptions import UserErrorException


class MappedDataset(TabularDataset, FileDataset):
    """Data of the Azure map, which may be a table or files: it has the methods of both."""

    # The two have different orders in Azure; programs that download data by name have files.
    @unused_arguments(
        {"stream_column": "whole files are copied"},
        harmless="ignore_not_found",
        by_position="ignore_not_found",
    )
    def download(  # type: ignore[override] # as of FileDataset
        self, target_path: str | None = None, overwrite: bool = False, **azure: Any
    ) -> list[str]:
        """Copy the files to a folder, and return the paths of the copies.

        Args:
            target_path: The folder; the working directory by default.
            overwrite: True to replace files.
            azure: Azure's other arguments; ``stream_column`` is not used, with a warning.
        """
        return FileDataset.download(self, target_path, overwrite)


class Dataset:
    """The datasets of a workspace.

    Attributes:
        File: Makes datasets of files.
        Tabular: Makes datasets of tables.
    """

    File = FileDatasetFactory
    Tabular = TabularDatasetFactory

    @staticmethod
    @unused_arguments()
    def get_by_name(workspace: Any, name: str, version: Any = "latest", **azure: Any) -> Any:
        """Return the dataset of a name.

        Args:
            workspace: The workspace.
            name: Name of the dataset.
            version: Version, or ``latest``.
            azure: No other argument is taken.

        Raises:
            UserErrorException: The Azure map has no such data; the message has the line to add.
        """
        if (found := registered(name)) is not None:
            return found
        suffix = "" if version in ("latest", None) else f":{version}"
        reference = f"azureml:{name}{suffix}"
        environment = TrialEnvironment.read(os.environ)
        if not environment.trial:
            azure_map = workspace.azure_map
            if azure_map.find_data(reference) is None:
                missing = azure_map.missing("data", reference)
                raise UserErrorException(f"Dataset.get_by_name({name!r}): {missing}")
        return MappedDataset((reference,), name, version, None if environment.trial else workspace)

    @staticmethod
    @unused_arguments()
    def get_by_id(workspace: Any, id: str, **azure: Any) -> Any:
        """Return the dataset of an argument that the script got for a dataset: a name, a path or a URL.

        Args:
            workspace: The workspace.
            id: The argument.
            azure: No other argument is taken.
        """
        inputs = {path: name for name, path in _inputs().items()}
        if id in inputs or "/" in id:
            return MappedDataset((id,), inputs.get(id), workspace=workspace)
        return Dataset.get_by_name(workspace, id)

    @staticmethod
    def get_all(workspace: Any) -> Mapping[str, Any]:
        """Return the datasets by name.

        Args:
            workspace: The workspace.
        """
        return registered_datasets(workspace)


def _inputs() -> dict[str, str]:
    return TrialEnvironment.read(os.environ).input_paths()


class _Datasets(TypingMapping[str, Any]):
    """Datasets by name, each of which is looked up when it is asked for."""

    def __init__(self, workspace: Any) -> None:
        self._workspace = workspace

    def __getitem__(self, name: str) -> Any:
        try:
            return Dataset.get_by_name(self._workspace, name)
        except UserErrorException as error:
            raise KeyError(str(error)) from None

    def get(self, name: str, default: Any = None) -> Any:
        """Return the dataset of a name, or the default; what is missing in the Azure map is a warning.

        Args:
            name: Name of the dataset.
            default: What to return without one.
        """
        try:
            return Dataset.get_by_name(self._workspace, name)
        except UserErrorException as error:
            warnings.warn(str(error), stacklevel=level_of_the_program())
            return default

    def __contains__(self, name: object) -> bool:
        try:
            return bool(Dataset.get_by_name(self._workspace, str(name)))
        except UserErrorException:
            return False

    def __iter__(self) -> Iterator[str]:
        mapped = [key for key in self._workspace.azure_map.data if "/" not in key]
        return iter(
            dict.fromkeys([*registered_names(), *(key.partition(":")[0] for key in mapped)])
        )

    def __len__(self) -> int:
        return len(list(iter(self)))


def registered_datasets(workspace: Any) -> Mapping[str, Any]:
    """Return the datasets by name: those of the Azure map, and those that this program has registered.

    Args:
        workspace: The workspace.
    """
    return _Datasets(workspace)


__getattr__ = other_names(__name__)
