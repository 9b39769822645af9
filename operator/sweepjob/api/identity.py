"""Which object of the cluster is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ObjectKey(NamedTuple):
    """What an object of a kind is found by. A later object may have the same key."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """One object for its lifetime.

    Attributes:
        uid: tells it from earlier and later objects of the same key.
    """

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.namespace, self.name)
