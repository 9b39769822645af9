"""``FileDataset``: files."""

from __future__ import annotations

import hashlib
from typing import Any

from ...training.datasets import InputDataset, MountedDataset
from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from ..exceptions import UserErrorException
from .abstract_dataset import AbstractDataset
from .dataset_consumption_config import MOUNT_PATH, DatasetConsumptionConfig

_ON_PATH = "the files stay where they are; use the path that the context returns"


class FileDataset(AbstractDataset):
    """Files."""

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the files as an input of a trial, whose argument is their path.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return DatasetConsumptionConfig(_input_name(self), self, "mount")

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the files as an input of a trial; they are mounted as well.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return DatasetConsumptionConfig(_input_name(self), self, "download")

    def to_path(self) -> list[str]:
        """Return the paths of the files relative to the dataset."""
        return [name for path in self.paths() for name in _names(path)]

    @unused_arguments(
        harmless="ignore_not_found",
        by_position="ignore_not_found",
    )
    def download(
        self, target_path: str | None = None, overwrite: bool = False, **azure: Any
    ) -> list[str]:
        """Copy the files to a folder, and return the paths of the copies.

        Args:
            target_path: The folder; the working directory by default.
            overwrite: True to replace files.
            azure: Azure's ``ignore_not_found``.
        """
        return [p for path in self.paths() for p in path.download(target_path, overwrite)]

    @unused_arguments({"mount_point": _ON_PATH})
    def mount(self, mount_point: str | None = None, **azure: Any) -> MountedDataset:
        """Return a context whose value is the path.

        Args:
            mount_point: Azure's; not used, with a warning.
            azure: No other argument is taken.

        Raises:
            UserErrorException: The dataset has several paths.
        """
        paths = self.paths()
        if len(paths) != 1:
            raise UserErrorException(f"{self!r}.mount(): has {len(paths)} paths; download() them")
        return paths[0].mount(mount_point)


def _names(path: InputDataset) -> list[str]:
    return [f"/{path.rpartition('/')[2]}"] if "://" in path else path.to_path()


def _input_name(dataset: FileDataset) -> str:
    """Return a name for an input that the program has not named; the same data have the same name."""
    text = "\n".join(dataset.references)
    return f"input_{hashlib.sha256(text.encode()).hexdigest()[:8]}"


__getattr__ = other_names(__name__)
