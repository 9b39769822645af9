"""``status.logs``: the last lines that the trainer of each attempt printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..parsing.lenient_reader import LenientReader

# Of the log of an attempt: lines, and characters of them together.
MAX_LINES = 50
MAX_LENGTH = 4096
KEPT = 5  # attempts in the status, the newest ones


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of the log of an attempt.

    Attributes:
        pod: name of its last pod.
        text: the lines.
        problem: why it could not be read; empty when it could.
    """

    pod: str
    text: str
    problem: str = ""


def dump_log_tails(tails: Mapping[int, LogTail]) -> dict[str, Any]:
    """Return a merge patch of ``status.logs``, which drops the oldest attempts.

    Args:
        tails: what is added, by attempt.
    """
    dumped: dict[str, Any] = {}
    for attempt, tail in sorted(tails.items()):
        if attempt > KEPT:
            dumped[str(attempt - KEPT)] = None
        dumped[str(attempt)] = {"pod": tail.pod, "text": tail.text}
        if tail.problem:
            dumped[str(attempt)]["problem"] = tail.problem[:500]
    return dumped


def parse_log_tails(body: Mapping[str, Any]) -> dict[int, LogTail]:
    """Return the ends of the logs of a trial's attempts, by attempt; the oldest first.

    Args:
        body: the SweepTrial.
    """
    logs = LenientReader(body.get("status"), "status").child("logs")
    found = {}
    for key in logs.data:
        if str(key).isdecimal():
            entry = logs.child(key)
            found[int(key)] = LogTail(entry.text("pod"), entry.text("text"), entry.text("problem"))
    return dict(sorted(found.items()))
