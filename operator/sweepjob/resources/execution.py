"""Executions of a trial that ended without ending it: failed attempts, pods that were taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .times import format_time, parse_time

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


def parse_execution(dumped: Mapping[str, Any]) -> Execution:
    return Execution(
        attempt=dumped.get("attempt", 1),
        pod=dumped.get("pod", ""),
        node=dumped.get("node", ""),
        reason=dumped.get("reason", ""),
        message=dumped.get("message", ""),
        ended=parse_time(dumped.get("endTime")) or 0.0,
    )
