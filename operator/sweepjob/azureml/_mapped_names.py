"""The entries of a section of the Azure map by name; an entry for all names makes the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Dict, Protocol  # noqa: UP035 for images with Python 3.8

if TYPE_CHECKING:
    from ..loading.azure_map import AzureMap


class HasAzureMap(Protocol):
    """A workspace."""

    @property
    def azure_map(self) -> AzureMap:
        """Its Azure map."""
        ...


class MappedNames(Dict[str, Any]):  # noqa: UP006 for images with Python 3.8
    """What a section of the Azure map has, by name.

    Args:
        entries: The entries.
        section: The section.
        workspace: The workspace, which has the map.
        make: Returns the entry of a name, for an entry that is for all names.
    """

    def __init__(
        self,
        entries: dict[str, Any],
        section: str,
        workspace: HasAzureMap,
        make: Callable[[str], Any],
    ) -> None:
        super().__init__(entries)
        self._section, self._workspace, self._make = section, workspace, make

    def __missing__(self, name: str) -> Any:
        azure_map = self._workspace.azure_map
        if getattr(azure_map, f"find_{self._section}")(name) is not None:
            return self._make(name)
        missing = azure_map.missing(self._section, name)
        raise KeyError(f"{self._section} {name!r}: {missing}")
