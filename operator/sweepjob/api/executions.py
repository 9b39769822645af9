"""Executions of a trial that ended without ending it: failed attempts, pods that were taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .stored_fields import Fields
from .times import format_time

KEPT = 10  # the newest
_MESSAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Execution:
    """One pod of a trial, and why it was not the last.

    Attributes:
        pod, node: empty when there was none, or none is known any more.
        ended: seconds since the epoch.
    """

    attempt: int
    pod: str
    node: str
    reason: str
    message: str
    ended: float


def dump_execution(execution: Execution) -> dict[str, Any]:
    return {
        "attempt": execution.attempt,
        "pod": execution.pod,
        "node": execution.node,
        "reason": execution.reason,
        "message": execution.message[:_MESSAGE_LIMIT],
        "endTime": format_time(execution.ended),
    }


def parse_execution(dumped: Fields) -> Execution:
    """An execution on record; what cannot be read of it is noted there."""
    return Execution(
        attempt=dumped.whole("attempt", 1),
        pod=dumped.text("pod"),
        node=dumped.text("node"),
        reason=dumped.text("reason"),
        message=dumped.text("message"),
        ended=dumped.moment("endTime") or 0.0,
    )
