"""``DataPath``: a path on a datastore, and how a trial gets it."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .dataset_consumption_config import MOUNT_PATH

# Why arguments about a copy of the data are not used.
NOT_COPIED = {
    "path_on_compute": MOUNT_PATH,
    "overwrite": "the data are mounted, and nothing is copied",
}


class DataPath:
    """A path on a datastore.

    Args:
        datastore: The datastore.
        path_on_datastore: The path.
        name: Azure's name of the path; nothing refers to it.
    """

    @unused_arguments(harmless="name")
    def __init__(
        self, datastore: Any, path_on_datastore: str = "", name: str | None = None
    ) -> None:
        self.datastore, self.path_on_datastore = datastore, path_on_datastore

    @property
    def datastore_name(self) -> str:
        """Name of the datastore."""
        return str(self.datastore.name)

    @property
    def relative_path(self) -> str:
        """The path on the datastore."""
        return self.path_on_datastore

    @property
    def uri(self) -> str:
        """Azure's address of the path."""
        return f"{self.datastore.uri}/{self.path_on_datastore.strip('/')}".rstrip("/")


class DataPathComputeBinding:
    """How a trial gets a path on a datastore that is the value of a pipeline's parameter.

    Args:
        mode: Azure's; the data are always mounted.
        path_on_compute: Azure's; not used, with a warning.
        overwrite: Azure's; not used, with a warning.
    """

    @unused_arguments(NOT_COPIED, harmless="mode")
    def __init__(
        self, mode: str = "mount", path_on_compute: str | None = None, overwrite: bool = False
    ) -> None:
        self.mode, self.path_on_compute, self.overwrite = mode, path_on_compute, overwrite


__getattr__ = other_names(__name__)
