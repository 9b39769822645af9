"""Data of a training script: named inputs of the trial, and files and tables by path or URL."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict  # noqa: UP035 for images with Python 3.8

from .tables import read_table
from .unused_arguments import unused_arguments

_MOUNTED = "the data are mounted already; use the path that this returns"


class InputDataset(str):
    """A named input: its path, or its URL, as a text, with the methods of Azure's datasets.

    >>> data = InputDataset("/mnt/tables/titanic.csv")
    >>> data.endswith(".csv")
    True
    """

    __slots__ = ()

    @unused_arguments(
        {"on_error out_of_range_datetime": "pandas reads the files, and raises its own errors"}
    )
    def to_pandas_dataframe(self, **azure: Any) -> Any:
        """Return the table as a data frame; the files of a folder are joined.

        Args:
            azure: Azure's ``on_error`` and ``out_of_range_datetime``; not used, with a warning.
        """
        return read_table(str(self))

    @unused_arguments({"path_on_compute": _MOUNTED})
    def as_mount(self, path_on_compute: str | None = None) -> MountedDataset:
        """Return the path, which is mounted already.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return MountedDataset(self)

    as_download = as_mount

    @unused_arguments({"mount_point": _MOUNTED})
    def mount(self, mount_point: str | None = None) -> MountedDataset:
        """Return a context whose value is the path; ``start()`` and ``stop()`` do nothing.

        Args:
            mount_point: Azure's; not used, with a warning.
        """
        return MountedDataset(self)

    def download(self, target_path: str | None = None, overwrite: bool = False) -> list[str]:
        """Copy the files to a folder.

        Args:
            target_path: The folder; the working directory by default.
            overwrite: True to replace files.

        Returns:
            The paths of the copies.

        Raises:
            FileExistsError: A file exists, and ``overwrite`` is False.
        """
        made = []
        for file in self.files():
            relative = file.name if file == Path(self) else str(file.relative_to(self))
            target = Path(target_path or ".") / relative
            if target.exists() and not overwrite:
                raise FileExistsError(f"{target} exists; give overwrite=True to replace it")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            made.append(str(target))
        return made

    def to_path(self) -> list[str]:
        """Return the paths of the files relative to the data, with a slash in front."""
        return [
            "/" + (file.name if file == Path(self) else file.relative_to(self).as_posix())
            for file in self.files()
        ]

    def files(self) -> list[Path]:
        """Return the files.

        Raises:
            FileNotFoundError: The path does not exist.
        """
        root = Path(self)
        if root.is_dir():
            return sorted(file for file in root.rglob("*") if file.is_file())
        if not root.exists():
            raise FileNotFoundError(f"{self}: no such file or folder")
        return [root]


class MountedDataset(InputDataset):
    """A path that can be used as Azure's mount context."""

    __slots__ = ()

    @property
    def mount_point(self) -> str:
        """The path."""
        return str(self)

    def start(self) -> None:
        """Do nothing: the path is mounted already."""

    def stop(self) -> None:
        """Do nothing: the path stays mounted."""

    def __enter__(self) -> str:
        return str(self)

    def __exit__(self, *_: object) -> None:
        return None


class InputDatasets(Dict[str, InputDataset]):  # noqa: UP006 for images with Python 3.8
    """The named inputs of a trial.

    Args:
        paths: Paths and URLs by name.
    """

    def __init__(self, paths: dict[str, str]) -> None:
        super().__init__({name: InputDataset(path) for name, path in paths.items()})

    def __missing__(self, name: str) -> InputDataset:
        listed = ", ".join(self) or "none"
        raise KeyError(
            f"input_datasets[{name!r}]: the trial has no such input; there are: {listed}. The sweep "
            f"names it by dataset.as_named_input({name!r})"
        )
