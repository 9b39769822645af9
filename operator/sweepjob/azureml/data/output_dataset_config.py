"""``OutputFileDatasetConfig``: a folder that each trial writes."""

from __future__ import annotations

from typing import Any

from .._other_names import other_names
from .._unsupported import unsupported


class OutputFileDatasetConfig:
    """A folder for each trial on a datastore, as an argument of its script.

    Args:
        name: Name of the output.
        destination: The datastore with a path; the default datastore by default.
        source: Azure's; ignored.
    """

    def __init__(
        self, name: str = "output", destination: Any = None, source: str | None = None
    ) -> None:
        self.name = "".join(c if c.isalnum() else "_" for c in name)
        pair = destination if isinstance(destination, tuple) else (destination, "")
        self.datastore = getattr(pair[0], "name", None)

    def as_mount(self, *_: Any, **azure: Any) -> OutputFileDatasetConfig:
        """Return the same output."""
        return self

    as_upload = as_mount
    as_input = as_mount

    def register_on_complete(self, name: str, *_: Any, **azure: Any) -> OutputFileDatasetConfig:
        """Return the same output. Nothing is registered: the folder of each trial stays on the volume."""
        return self


_REMEDY = "give OutputFileDatasetConfig(destination=(datastore, path)), a folder on a volume"
HDFSOutputDatasetConfig = unsupported("HDFSOutputDatasetConfig", _REMEDY)
LinkFileOutputDatasetConfig = unsupported("LinkFileOutputDatasetConfig", _REMEDY)
LinkTabularOutputDatasetConfig = unsupported("LinkTabularOutputDatasetConfig", _REMEDY)

__getattr__ = other_names(__name__)
