"""``DataReference``: a path on a datastore as an argument of a script."""

from __future__ import annotations

import copy
import re
from typing import Any

from ...training.unused_arguments import unused_arguments
from .datapath import NOT_COPIED, DataPath

VARIABLE = "AZUREML_DATAREFERENCE_"


class DataReference(DataPath):
    """A path on a datastore that a trial reads. As a text it is ``$AZUREML_DATAREFERENCE_name``.

    Args:
        datastore: The datastore.
        data_reference_name: Name of the variable; that of the datastore by default.
        path_on_datastore: The path.
        mode: Azure's; the data are always mounted.
        path_on_compute: Azure's; not used, with a warning.
        overwrite: Azure's; not used, with a warning.
    """

    @unused_arguments(NOT_COPIED, harmless="mode")
    def __init__(
        self,
        datastore: Any,
        data_reference_name: str | None = None,
        path_on_datastore: str | None = None,
        mode: str = "mount",
        path_on_compute: str | None = None,
        overwrite: bool = False,
    ) -> None:
        super().__init__(datastore, path_on_datastore or "")
        self.data_reference_name = data_reference_name or datastore.name
        self.mode, self.path_on_compute, self.overwrite = mode, path_on_compute, overwrite

    def path(
        self, path: str | None = None, data_reference_name: str | None = None
    ) -> DataReference:
        """Return a path below this one.

        Args:
            path: The path.
            data_reference_name: Name of the variable.
        """
        below = "/".join(part.strip("/") for part in (self.path_on_datastore, path or "") if part)
        return DataReference(self.datastore, data_reference_name or self.data_reference_name, below)

    def as_mount(self) -> DataReference:
        """Return the same data."""
        return copy.copy(self)

    @unused_arguments(NOT_COPIED)
    def as_download(
        self, path_on_compute: str | None = None, overwrite: bool = False
    ) -> DataReference:
        """Return the same data, which are mounted.

        Args:
            path_on_compute: Azure's; not used, with a warning.
            overwrite: Azure's; not used, with a warning.
        """
        return copy.copy(self)

    @unused_arguments(NOT_COPIED)
    def as_upload(
        self, path_on_compute: str | None = None, overwrite: bool = False
    ) -> DataReference:
        """Return the same data, which are mounted.

        Args:
            path_on_compute: Azure's; not used, with a warning.
            overwrite: Azure's; not used, with a warning.
        """
        return copy.copy(self)

    @property
    def input_name(self) -> str:
        """Name of the variable, without its prefix."""
        return re.sub(r"\W", "_", self.data_reference_name)

    @property
    def references(self) -> tuple[str, ...]:
        """Azure's address of the path."""
        return (self.uri,)

    def __str__(self) -> str:
        return f"${VARIABLE}{self.input_name}"
