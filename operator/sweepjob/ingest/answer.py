"""What a push is answered with, and who answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .. import protocol
from .authentication import Caller


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: JSON for 200, a sentence otherwise."""

    status: int
    body: str


class AnswersPushes(Protocol):
    """Ingests pushes whose sender is known."""

    def answer(self, caller: Caller, push: protocol.Push) -> Answer:
        """Ingest a push, and say what is wanted next."""
        ...
