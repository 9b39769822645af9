"""Earlier executions of a trial: attempts that failed, and pods that were disrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...timestamps import format_time
from ..parsing.lenient_reader import LenientReader

KEPT = 10  # executions in the status, the newest ones
_MESSAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An execution that ended without ending its trial.

    Attributes:
        attempt: number of the attempt, from 1.
        pod, node: empty when there was none, or it is no longer known.
        reason, message: why it ended.
        ended: seconds since the epoch.
        started: seconds since the epoch when the trainer started, of an execution that was paused; None
            of others.
    """

    attempt: int
    pod: str
    node: str
    reason: str
    message: str
    ended: float
    started: float | None = None


def dump_execution(execution: AttemptRecord) -> dict[str, Any]:
    """Return an entry of ``status.executions``."""
    started = execution.started
    return {
        **({} if started is None else {"startTime": format_time(started)}),
        "attempt": execution.attempt,
        "pod": execution.pod,
        "node": execution.node,
        "reason": execution.reason,
        "message": execution.message[:_MESSAGE_LIMIT],
        "endTime": format_time(execution.ended),
    }


def parse_execution(dumped: LenientReader) -> AttemptRecord:
    """Read an entry of ``status.executions``; problems are added to the reader's."""
    return AttemptRecord(
        attempt=dumped.whole("attempt", 1),
        pod=dumped.text("pod"),
        node=dumped.text("node"),
        reason=dumped.text("reason"),
        message=dumped.text("message"),
        ended=dumped.moment("endTime") or 0.0,
        started=dumped.moment("startTime"),
    )
