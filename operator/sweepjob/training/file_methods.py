"""The methods of a run that keep files and models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from .logging_methods import LoggingMethods
from .registered_model import RegisteredModel
from .run_files import ITS_OWN_NAME, copy_all, copy_to
from .unused_arguments import unused_arguments

_KEPT = "files are kept with the trial's outputs; the Azure map has their datastore"


class FileMethods(LoggingMethods):
    """Keeps files of the trial by name."""

    @unused_arguments({"datastore_name": _KEPT})
    def upload_file(
        self, name: str, path_or_stream: str | Path | BinaryIO, datastore_name: Any = None
    ) -> str:
        """Keep a file, by any name.

        Args:
            name: Name of the file, such as ``outputs/model.pkl``.
            path_or_stream: The file.
            datastore_name: Azure's; not used, with a warning.

        Returns:
            The path where the file is kept.
        """
        return str(self._files.save(name, path_or_stream))

    @unused_arguments(
        {"datastore_name": _KEPT},
        harmless="return_artifacts timeout_seconds",
        by_position="return_artifacts timeout_seconds datastore_name",
    )
    def upload_files(self, names: Iterable[str], paths: Iterable[str], **azure: Any) -> None:
        """Keep files.

        Args:
            names: Their names.
            paths: The files, in the same order.
            azure: Azure's other arguments; ``datastore_name`` is not used, with a warning.
        """
        for name, path in zip(names, paths):  # noqa: B905 of Python 3.10
            self.upload_file(name, path)

    @unused_arguments({"datastore_name": _KEPT})
    def upload_folder(self, name: str, path: str | Path, datastore_name: Any = None) -> None:
        """Keep a folder.

        Args:
            name: Name of the folder.
            path: The folder.
            datastore_name: Azure's; not used, with a warning.
        """
        root = Path(path)
        for file in sorted(file for file in root.rglob("*") if file.is_file()):
            self.upload_file(f"{name}/{file.relative_to(root).as_posix()}", file)

    def get_file_names(self) -> list[str]:
        """Return the names of the files of this run."""
        return self._files.names()

    def download_file(self, name: str, output_file_path: str | None = None) -> str:
        """Copy a file of this run.

        Args:
            name: Name of the file.
            output_file_path: Path, or folder, to copy it to; the working directory by default.

        Raises:
            FileNotFoundError: There is no such file.
        """
        return copy_to(self._files.path(name), name, output_file_path)

    @unused_arguments(
        {"output_paths": ITS_OWN_NAME},
        harmless="batch_size timeout_seconds",
        by_position="output_paths batch_size append_prefix timeout_seconds",
    )
    def download_files(
        self,
        prefix: str | None = None,
        output_directory: str | None = None,
        *,
        append_prefix: bool = True,
        **azure: Any,
    ) -> None:
        """Copy files of this run, with their folders.

        Args:
            prefix: What their names begin with; all by default.
            output_directory: Folder to copy them to; the working directory by default.
            append_prefix: False to leave the prefix out of the paths of the copies.
            azure: Azure's other arguments; ``output_paths`` is not used, with a warning.
        """
        copy_all(self._files, prefix, output_directory, append_prefix=append_prefix)

    def register_model(
        self, model_name: str, model_path: str | None = None, tags: Any = None, **azure: Any
    ) -> RegisteredModel:
        """Name a file or a folder of this run as a model.

        The sweep's client finds it: ``run.get_best_run_by_primary_metric().register_model(model_name)``.

        Args:
            model_name: Name of the model.
            model_path: Name of the file or folder, such as ``outputs/model.pkl``.
            tags: Tags of the model.
            azure: Azure's other arguments; kept in the record.

        Raises:
            FileNotFoundError: There is no such file or folder.
        """
        name = model_path or "outputs"
        path = self._files.path(name)
        if not path.exists():
            listed = ", ".join(self.get_file_names()) or "none"
            raise FileNotFoundError(f"register_model: {name}: no such file; there are: {listed}")
        details = {"path": name, "tags": dict(tags or {}), **azure}
        self._record("model", model_name, details)
        return RegisteredModel(model_name, 1, path, dict(tags or {}))
