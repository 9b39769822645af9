"""Why reports of a trial may be missing: conditions of its SweepTrial, one for each reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...timestamps import format_time
from ..parsing.lenient_reader import LenientReader


@dataclass(frozen=True, slots=True)
class IncompleteReason:
    """Why reports may be missing.

    Attributes:
        message: what happened, and the remedy.
        since: seconds since the epoch.
    """

    message: str
    since: float


def dump_incomplete_reasons(
    incomplete_reasons: Mapping[str, IncompleteReason],
) -> list[dict[str, Any]]:
    """Return ``status.conditions`` of a SweepTrial; the keys are reasons."""
    return [
        {
            "type": reason,
            "status": "True",
            "reason": reason,
            "message": incomplete.message,
            "lastTransitionTime": format_time(incomplete.since),
        }
        for reason, incomplete in incomplete_reasons.items()
    ]


def parse_incomplete_reasons(conditions: Iterable[LenientReader]) -> dict[str, IncompleteReason]:
    """Read ``status.conditions`` of a SweepTrial; the keys are reasons."""
    return {
        c.text("reason"): IncompleteReason(c.text("message"), c.moment("lastTransitionTime") or 0.0)
        for c in conditions
        if c.text("status") == "True" and c.text("reason")
    }
