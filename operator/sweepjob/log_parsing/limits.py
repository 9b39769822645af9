"""Limits on the work of reading the logs of pods."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Rate limits.

    Attributes:
        lines, size: lines and bytes per second of one stream, on average.
        share: the share of the event loop's time, for all streams.
        throttle_timeout: seconds that a stream may be delayed continuously. After that, lines are
            skipped up to the newest, before the kubelet rotates them away.
        saved: seconds of the rate that may be used at once: when the operator starts, a log is read from
            its beginning.
    """

    lines: float = 20_000.0
    size: float = 8.0 * 1024 * 1024
    share: float = 0.25
    throttle_timeout: float = 15.0
    saved: float = 10.0


DEFAULT_LOG_LIMITS = LogLimits()
