"""``TabularDataset``: a table, which pandas reads."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...training.tables import read_table
from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .abstract_dataset import AbstractDataset


class TabularDataset(AbstractDataset):
    """A table.

    Args:
        references: What the data are.
        name: Name of the dataset.
        version: Version of the dataset.
        workspace: The workspace.
        kind: ``csv``, ``json`` or ``parquet``; by the suffix of each file by default.
        options: Arguments of pandas' function.
    """

    def __init__(
        self,
        references: tuple[str, ...],
        name: str | None = None,
        version: Any = 1,
        workspace: Any = None,
        kind: str = "",
        options: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(references, name, version, workspace)
        self._kind, self._options = kind, options or {}

    @unused_arguments(
        {"on_error out_of_range_datetime": "pandas reads the files, and raises its own errors"},
        defaults={"on_error": "null", "out_of_range_datetime": "null"},
        by_position="on_error out_of_range_datetime",
    )
    def to_pandas_dataframe(self, **azure: Any) -> Any:
        """Return the table as a data frame.

        Args:
            azure: Azure's ``on_error`` and ``out_of_range_datetime``; not used, with a warning.

        Raises:
            UserErrorException: The data are neither here nor in the Azure map.
            RuntimeError: pandas is not installed.
        """
        frames = [read_table(path, self._kind, **self._options) for path in self.paths()]
        frame = frames[0]
        if len(frames) > 1:
            import pandas

            frame = pandas.concat(frames, ignore_index=True)
        for step in self._steps:
            frame = step(frame)
        return frame

    def take(self, count: int) -> TabularDataset:
        """Return the first rows.

        Args:
            count: Number of rows.
        """
        return self._with_step(lambda frame: frame.head(count))

    def skip(self, count: int) -> TabularDataset:
        """Return the table without the first rows.

        Args:
            count: Number of rows.
        """
        return self._with_step(lambda frame: frame.iloc[count:].reset_index(drop=True))

    def take_sample(self, probability: float, seed: int | None = None) -> TabularDataset:
        """Return a random sample of the rows.

        Args:
            probability: Share of the rows.
            seed: Seed of the sample.
        """
        return self._with_step(lambda frame: frame.sample(frac=probability, random_state=seed))

    def drop_columns(self, columns: str | Sequence[str]) -> TabularDataset:
        """Return the table without some columns.

        Args:
            columns: Their names.
        """
        names = [columns] if isinstance(columns, str) else list(columns)
        return self._with_step(lambda frame: frame.drop(columns=names))

    @unused_arguments(harmless="validate")
    def keep_columns(self, columns: str | Sequence[str], validate: bool = False) -> TabularDataset:
        """Return some columns of the table.

        Args:
            columns: Their names.
            validate: Azure's; columns are checked when the table is read.
        """
        names = [columns] if isinstance(columns, str) else list(columns)
        return self._with_step(lambda frame: frame[names])

    def random_split(
        self, percentage: float, seed: int | None = None
    ) -> tuple[TabularDataset, TabularDataset]:
        """Return two parts of the rows.

        Args:
            percentage: Share of the first part, 0 to 1.
            seed: Seed of the split.
        """
        drawn = random.randrange(2**31) if seed is None else seed

        def first(frame: Any) -> Any:
            return frame.sample(frac=percentage, random_state=drawn)

        return self._with_step(first), self._with_step(lambda f: f.drop(first(f).index))

    @unused_arguments({"separator": "the files stay as they are"})
    def to_csv_files(self, separator: str = ",") -> Any:
        """Return the files of the table as a dataset of files.

        Args:
            separator: Azure's; not used, with a warning.
        """
        from .file_dataset import FileDataset

        return FileDataset(self.references, self.name, self.version, self._workspace)

    @unused_arguments({"stream_column": "whole files are copied"}, harmless="ignore_not_found")
    def download(
        self,
        stream_column: str | None = None,
        target_path: str | None = None,
        overwrite: bool = False,
        ignore_not_found: bool = True,
    ) -> list[str]:
        """Copy the files to a folder, and return the paths of the copies.

        Args:
            stream_column: Azure's; not used, with a warning.
            target_path: The folder.
            overwrite: True to replace files.
            ignore_not_found: Azure's; the files are those that are there.
        """
        return [p for path in self.paths() for p in path.download(target_path, overwrite)]

    def _with_step(self, step: Callable[[Any], Any]) -> TabularDataset:
        made = copy.copy(self)
        made._steps = (*self._steps, step)
        return made

    @property
    def is_changed(self) -> bool:
        """Whether rows or columns were selected, which a trial cannot see."""
        return bool(self._steps)


def write_table(frame: Any, path: Path) -> None:
    """Write a data frame to a CSV file.

    Args:
        frame: The data frame.
        path: The file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


__getattr__ = other_names(__name__)
