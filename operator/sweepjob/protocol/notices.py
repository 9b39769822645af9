"""Notices: what a trial's reports lack, or what is ambiguous about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_NOTICES = 3  # in one push
MAX_NOTICE = 500  # characters of a message, all of them ASCII

# Reasons.
REPORTS_INCOMPLETE = "ReportsIncomplete"  # reports may be missing
AMBIGUOUS_METRIC = "AmbiguousMetric"  # another metric may have been meant by the primary metric


@dataclass(frozen=True, slots=True)
class Notice:
    """What a trial's reports lack, or what is ambiguous about them.

    Attributes:
        reason: REPORTS_INCOMPLETE or AMBIGUOUS_METRIC.
        message: what happened, and the remedy.
    """

    reason: str
    message: str

    @classmethod
    def of(cls, reason: Any, message: Any) -> Notice:
        """Create a notice within the limits of the protocol.

        Args:
            reason: an unknown one, of a later sidecar, becomes REPORTS_INCOMPLETE.
            message: cut to MAX_NOTICE characters; what is not printable ASCII becomes ``?``.
        """
        known = reason if reason == AMBIGUOUS_METRIC else REPORTS_INCOMPLETE
        # Without these two characters the message is as long as its JSON.
        escaped = str(message).replace('"', "'").replace("\\", "/")
        text = "".join(c if c.isascii() and c.isprintable() else "?" for c in escaped)
        return cls(known, text if len(text) <= MAX_NOTICE else f"{text[: MAX_NOTICE - 3]}...")


def parse_notices(data: Any) -> tuple[Notice, ...]:
    """Read the notices of a push or a summary; earlier sidecars send none, invalid ones are ignored."""
    pairs = data[:MAX_NOTICES] if isinstance(data, list) else []
    return tuple(Notice.of(*pair) for pair in pairs if isinstance(pair, list) and len(pair) == 2)


def dump_notices(notices: Sequence[Notice]) -> list[list[str]]:
    """Return the notices as a push or a summary contains them."""
    return [[notice.reason, notice.message] for notice in notices]
