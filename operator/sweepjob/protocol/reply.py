"""A reply: the operator's answer to a push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .validation import count_of, parse_object, text_of

CONTINUE = "continue"
STOP = "stop"
_MAX_BODY = 64 * 1024  # bytes
_MAX_ACTION = 250  # characters


@dataclass(frozen=True, slots=True)
class Reply:
    """The operator's answer.

    Attributes:
        next: number of the report that the operator wants next; it has all earlier ones.
        durable: reports up to this number are in the SweepTrial's status.
        action: CONTINUE, or STOP when the trial is being ended.
    """

    next: int
    durable: int
    action: str = CONTINUE

    def dump(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {"next": self.next, "durable": self.durable, "action": self.action}

    @classmethod
    def parse(cls, body: bytes) -> Reply:
        """Read the body of an answer.

        Raises:
            ValueError: it is not a reply.
        """
        data = parse_object(body, _MAX_BODY)
        action = text_of(data, "action", _MAX_ACTION)
        return cls(count_of(data, "next", least=1), count_of(data, "durable"), action)
