"""``DataPath``: a path on a datastore."""

from __future__ import annotations

from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names


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


__getattr__ = other_names(__name__)
