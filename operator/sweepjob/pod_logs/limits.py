"""How much of the operator reading the logs of pods may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Budgets.

    Attributes:
        lines, size: lines and bytes a second, of one stream in the long run. What has been saved of ten
            seconds may be spent at once: a log is read from its beginning when the operator starts.
        share: of the event loop's time, for all streams.
        patience: seconds that a stream may be held back in a row. What is printed in excess of that is
            skipped up to the newest lines, before the kubelet takes it away.
    """

    lines: float = 20_000.0
    size: float = 8.0 * 1024 * 1024
    share: float = 0.25
    patience: float = 15.0
    saved: float = 10.0


DEFAULT_LIMITS = LogLimits()
