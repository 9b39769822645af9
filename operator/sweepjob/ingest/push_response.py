"""The response to a push, and who decides on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .. import protocol
from .authentication import Caller


@dataclass(frozen=True, slots=True)
class PushResponse:
    """An HTTP response.

    Attributes:
        status: the HTTP status code.
        body: JSON for 200, otherwise a sentence.
    """

    status: int
    body: str


class PushReceiver(Protocol):
    """Ingests pushes of authenticated callers."""

    def handle(self, caller: Caller, push: protocol.Push) -> PushResponse:
        """Ingest a push; the response says which report is expected next."""
        ...
