"""Why reports of a trial may be missing: conditions of its record, each named after its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .stored_fields import Fields
from .times import format_time


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason.

    Attributes:
        message: a sentence.
        since: seconds since the epoch.
    """

    message: str
    since: float


def dump_doubts(doubts: Mapping[str, Doubt]) -> list[dict[str, Any]]:
    """The conditions of a SweepTrial."""
    return [
        {
            "type": reason,
            "status": "True",
            "reason": reason,
            "message": doubt.message,
            "lastTransitionTime": format_time(doubt.since),
        }
        for reason, doubt in doubts.items()
    ]


def parse_doubts(conditions: Iterable[Fields]) -> dict[str, Doubt]:
    """The same again."""
    return {
        c.text("reason"): Doubt(c.text("message"), c.moment("lastTransitionTime") or 0.0)
        for c in conditions
        if c.text("status") == "True" and c.text("reason")
    }
