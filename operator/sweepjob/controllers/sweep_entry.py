"""A SweepJob that the operator knows of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kube.informer import is_newer
from .sweep_store import SweepState


@dataclass(slots=True)
class SweepEntry:
    """A SweepJob as it was seen last, and what is remembered about it.

    Attributes:
        state: None before its spec has been understood, and when it is finished.
        generation: of the spec that was looked at last.
        doubted: something of it was not there; it may not be there any more itself.
    """

    body: Mapping[str, Any]
    state: SweepState | None = None
    generation: int = 0
    doubted: bool = False

    def forget(self) -> None:
        """Begin again from what is on record."""
        self.state, self.generation, self.doubted = None, 0, False


def is_older(body: Mapping[str, Any], than: Mapping[str, Any]) -> bool:
    return is_newer(than["metadata"]["resourceVersion"], body["metadata"]["resourceVersion"])
