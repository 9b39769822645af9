"""``TabularDatasetFactory`` and ``FileDatasetFactory``: datasets from paths, URLs and datastores."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .file_dataset import FileDataset
from .locations import data_references
from .tabular_dataset import TabularDataset, write_table

_PARTITIONS = (
    "columns of the paths are not added; add them to the data frame in the training script"
)
_TABLES = {
    "partition_format": _PARTITIONS,
    "include_path": "no column of paths is added; add it to the data frame in the training script",
    "set_column_types": "pandas finds the types; convert the columns of the data frame with astype",
    "empty_as_string": "pandas reads an empty cell as NaN; use fillna('') of the data frame",
}
# Azure's names of encodings that Python does not have.
_ENCODINGS = {"utf8bom": "utf-8-sig", "windows1252": "cp1252", "iso88591": "latin-1"}


class FileDatasetFactory:
    """Makes datasets of files."""

    @staticmethod
    @unused_arguments(
        {"partition_format": _PARTITIONS, "is_file": "a path is a file or a folder by itself"},
        harmless="validate",
        by_position="partition_format is_file",
    )
    def from_files(path: Any, validate: bool = True, **azure: Any) -> FileDataset:
        """Return files.

        Args:
            path: Path, URL, path on a datastore, or a list of these.
            validate: Azure's; data are read when they are used.
            azure: Azure's ``partition_format`` and ``is_file``, which are not used, with a warning.
        """
        return FileDataset(data_references(path), workspace=_workspace(path))

    @staticmethod
    @unused_arguments(
        {"pattern": "all files are copied"},
        harmless="show_progress",
        by_position="pattern overwrite show_progress",
    )
    def upload_directory(
        src_dir: str, target: Any, *, overwrite: bool = False, **azure: Any
    ) -> FileDataset:
        """Copy a folder to a datastore of this machine, and return its files; see ``Datastore.upload``.

        Args:
            src_dir: The folder.
            target: Path on a datastore.
            overwrite: True to replace files.
            azure: Azure's ``pattern``, which is not used, with a warning, and ``show_progress``.
        """
        store, path = (
            target if isinstance(target, tuple) else (target.datastore, target.path_on_datastore)
        )
        return FileDatasetFactory.from_files(store.upload(src_dir, path, overwrite))


class TabularDatasetFactory:
    """Makes datasets of tables."""

    @staticmethod
    @unused_arguments(
        _TABLES,
        harmless="validate support_multi_line",
        by_position="partition_format support_multi_line empty_as_string encoding",
    )
    def from_delimited_files(
        path: Any,
        validate: bool = True,
        include_path: bool = False,
        infer_column_types: bool = True,
        set_column_types: Any = None,
        separator: str = ",",
        header: Any = True,
        *,
        encoding: str = "utf8",
        **azure: Any,
    ) -> TabularDataset:
        """Return a table of CSV files.

        Args:
            path: Path, URL, path on a datastore, or a list of these.
            validate: Azure's; data are read when they are used.
            include_path: Azure's; not used, with a warning.
            infer_column_types: False to read all columns as texts.
            set_column_types: Azure's; not used, with a warning.
            separator: Separator of the columns.
            header: False, or Azure's ``NO_HEADERS``, for files without a line of names.
            encoding: Encoding of the files.
            azure: Azure's other arguments; not used, with a warning.
        """
        options: dict[str, Any] = {"sep": separator}
        if encoding != "utf8":
            options["encoding"] = _ENCODINGS.get(encoding, encoding)
        if header is False or getattr(header, "name", header) in ("NO_HEADERS", None):
            options["header"] = None
        if not infer_column_types:
            options["dtype"] = str
        return _table(path, "csv", options)

    @staticmethod
    @unused_arguments(
        {**_TABLES, "encoding invalid_lines": "pandas reads UTF-8, and raises its own errors"},
        harmless="validate",
        defaults={"invalid_lines": "error", "encoding": "utf8"},
        by_position="validate include_path set_column_types partition_format invalid_lines "
        "encoding",
    )
    def from_json_lines_files(path: Any, **azure: Any) -> TabularDataset:
        """Return a table of JSON lines.

        Args:
            path: Path, URL, path on a datastore, or a list of these.
            azure: Azure's other arguments; not used, with a warning.
        """
        return _table(path, "json", {})

    @staticmethod
    @unused_arguments(
        _TABLES,
        harmless="validate",
        by_position="validate include_path set_column_types partition_format",
    )
    def from_parquet_files(path: Any, **azure: Any) -> TabularDataset:
        """Return a table of Parquet files.

        Args:
            path: Path, URL, path on a datastore, or a list of these.
            azure: Azure's other arguments; not used, with a warning.
        """
        return _table(path, "parquet", {})

    @staticmethod
    @unused_arguments(
        {"row_group_size make_target_path_unique": "the data frame is written as NAME.csv"},
        harmless="show_progress description tags",
        defaults={"make_target_path_unique": True},
        by_position="description tags show_progress row_group_size make_target_path_unique",
    )
    def register_pandas_dataframe(
        dataframe: Any, target: Any, name: str, **azure: Any
    ) -> TabularDataset:
        """Write a data frame to a datastore of this machine, and name it; see ``Datastore.upload``.

        Args:
            dataframe: The data frame.
            target: The datastore, or a path on it.
            name: Name of the dataset.
            azure: Azure's other arguments; not used, those that change the files with a warning.
        """
        import tempfile
        from pathlib import Path

        store, path = target if isinstance(target, tuple) else (target, "")
        with tempfile.TemporaryDirectory() as folder:
            write_table(dataframe, Path(folder) / f"{name}.csv")
            store.upload(folder, path, overwrite=True)
        file = f"{path.strip('/')}/{name}.csv".strip("/")
        made = TabularDatasetFactory.from_delimited_files((store, file))
        made.register(store.workspace, name)
        return made


def _table(path: Any, kind: str, options: dict[str, Any]) -> TabularDataset:
    return TabularDataset(
        data_references(path), workspace=_workspace(path), kind=kind, options=options
    )


def _workspace(path: Any) -> Any:
    """Return the workspace of a path on a datastore; None for other paths."""
    if isinstance(path, (list, tuple)):
        return next((found for one in path if (found := _workspace(one)) is not None), None)
    return getattr(getattr(path, "datastore", path), "workspace", None)


__getattr__ = other_names(__name__)
