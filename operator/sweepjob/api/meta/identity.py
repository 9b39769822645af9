"""Identifies objects of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ObjectKey(NamedTuple):
    """The key of an object among those of its kind. A later object may have the same key."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """One object for its lifetime.

    Attributes:
        uid: distinguishes it from earlier and later objects with the same key.
    """

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.namespace, self.name)
