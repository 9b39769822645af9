"""Notices of a sidecar about reports that are missing or ambiguous."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

MAX_NOTICES = 3  # in one push
MAX_NOTICE = (
    500  # characters of a message in JSON, in which a letter beyond ASCII takes six or twelve
)

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
            reason: an unknown reason, from a newer sidecar, is replaced by REPORTS_INCOMPLETE.
            message: cut to MAX_NOTICE characters of JSON; what is not printable becomes ``?``.
        """
        known = reason if reason == AMBIGUOUS_METRIC else REPORTS_INCOMPLETE
        text = "".join(c if c.isprintable() else "?" for c in str(message)[: MAX_NOTICE + 1])
        if _json_length(text) <= MAX_NOTICE:
            return cls(known, text)
        lengths = accumulate(_json_length(c) for c in text)
        kept = sum(length <= MAX_NOTICE - 3 for length in lengths)
        return cls(known, f"{text[:kept]}...")


def _json_length(text: str) -> int:
    return len(json.dumps(text)) - 2


def parse_notices(data: Any) -> tuple[Notice, ...]:
    """Read the notices of a push or a summary; earlier sidecars send none, invalid ones are ignored."""
    pairs = data[:MAX_NOTICES] if isinstance(data, list) else []
    return tuple(Notice.of(*pair) for pair in pairs if isinstance(pair, list) and len(pair) == 2)


def dump_notices(notices: Sequence[Notice]) -> list[list[str]]:
    """Return the notices as a push or a summary contains them."""
    return [[notice.reason, notice.message] for notice in notices]
