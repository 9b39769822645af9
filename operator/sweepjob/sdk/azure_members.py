"""Members that Azure's client has on each job and asset: kind, file, and what the service adds."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from ..loading.yaml_text import dump_yaml
from ..training.unused_arguments import unused_arguments


class JobMembers:
    """Members of a job that was not submitted; ``create_or_update`` returns what the service adds."""

    _TYPE = ""
    name: str | None

    @property
    def type(self) -> str:
        """Azure's type of the job."""
        return self._TYPE

    @property
    def id(self) -> str | None:
        """Name of the job."""
        return self.name

    @property
    def status(self) -> str | None:
        """None: it was not submitted. The run that ``create_or_update`` returns has a status."""
        return None

    studio_url = log_files = creation_context = status

    @property
    def base_path(self) -> str:
        """Folder that paths are relative to."""
        return str(getattr(self, "folder", None) or ".")


class AssetMembers:
    """Members of an asset, which is a dataclass."""

    @property
    def creation_context(self) -> None:
        """None: nothing is registered outside of this process."""

    @property
    def base_path(self) -> str:
        """Folder that paths are relative to."""
        return "."

    @unused_arguments(harmless="path")
    def dump(self, dest: Any, **azure: Any) -> None:
        """Write the asset as a YAML file, as Azure's client does.

        Args:
            dest: Path, or an open file.
            azure: Azure's ``path``, an old name.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type] # a dataclass
        write_yaml(dest, {key: _plain(value) for key, value in values.items() if value is not None})

    @unused_arguments(harmless="raise_on_failure")
    def validate(self, **azure: Any) -> None:
        """Do nothing: an asset is checked when a sweep uses it.

        Args:
            azure: Azure's ``raise_on_failure``.
        """


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool, list, dict)):
        return value
    members = getattr(value, "__dataclass_fields__", None)
    if members is None:
        return str(value)
    return {name: found for name in members if (found := getattr(value, name)) is not None}


def write_yaml(dest: Any, data: Any) -> None:
    """Write an object to a YAML file.

    Args:
        dest: path, or an open file.
        data: the object.
    """
    text = dump_yaml(data)
    if hasattr(dest, "write"):
        dest.write(text)
    else:
        Path(dest).write_text(text, encoding="utf-8")
