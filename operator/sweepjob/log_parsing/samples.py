"""Collects lines of a log to quote where no report was found in it."""

from __future__ import annotations

import re

_DIGIT = re.compile(rb"[0-9]")
_LINES, _CHARACTERS = 3, 120
_MAX_SCANNED = 4096  # bytes of a line


def printable(text: bytes) -> str:
    """Return a text for a message: short, with control characters escaped."""
    shown = text[:_MAX_SCANNED].decode(errors="replace").strip()
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return safe if len(safe) <= _CHARACTERS else safe[: _CHARACTERS - 3] + "..."


class LogSamples:
    """The first lines with the name of the metric, and the first with a number.

    Args:
        metric: the primary metric.
    """

    def __init__(self, metric: bytes) -> None:
        self._metric = metric.lower()
        self._named: list[str] = []
        self._numbered: list[str] = []

    def add(self, text: bytes) -> bool:
        """Add a line if it is one of the first; return whether it is."""
        if len(self._named) == _LINES:
            return False
        if self._metric in text[:_MAX_SCANNED].lower():
            self._named.append(printable(text))
        elif len(self._numbered) < _LINES and _DIGIT.search(text, 0, _MAX_SCANNED):
            self._numbered.append(printable(text))
        else:
            return False
        return True

    @property
    def lines(self) -> tuple[str, ...]:
        """The samples; those with the name of the metric come first."""
        return tuple((self._named + self._numbered)[:_LINES])
