"""A model: a file or a folder of a trial, by a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RegisteredModel:
    """A named model.

    Attributes:
        name: Name of the model.
        version: Version, from 1.
        path: File or folder of the model.
        tags: Its tags.
        properties: Its properties.
        description: Its description.
    """

    name: str
    version: int
    path: Path
    tags: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""

    @property
    def id(self) -> str:
        """Name and version, such as ``iris:1``."""
        return f"{self.name}:{self.version}"
