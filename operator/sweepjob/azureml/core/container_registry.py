"""``ContainerRegistry``: the registry of an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._attributes import CheckedAttributes


class ContainerRegistry(CheckedAttributes):
    """A registry. Its user and password are not used: pods pull with ``imagePullSecrets``.

    Attributes:
        address: Address of the registry.
        username: Azure's; not used, with a warning.
        password: Azure's; not used, with a warning.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "username password identity": "pods pull with imagePullSecrets of their service account",
    }

    def __init__(self) -> None:
        self.address: str | None = None
        self.username: str | None = None
        self.password: str | None = None
        self.identity: object = None

    @property
    def prefix(self) -> str:
        """What comes before the name of an image."""
        return f"{self.address.rstrip('/')}/" if self.address else ""
