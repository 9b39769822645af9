"""Lines of a log that are quoted where something was not found in it."""

from __future__ import annotations

import re

_DIGIT = re.compile(rb"[0-9]")
_LINES, _CHARACTERS = 3, 120
_LOOKED_AT = 4096  # bytes of a line


def quoted(text: bytes) -> str:
    """A text for a message: short, and with control characters made visible."""
    shown = text[:_LOOKED_AT].decode(errors="replace").strip()
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    return safe if len(safe) <= _CHARACTERS else safe[: _CHARACTERS - 3] + "..."


class LogSamples:
    """The first lines that name the metric, and the first that have a number in them."""

    def __init__(self, metric: bytes) -> None:
        self._metric = metric.lower()
        self._named: list[str] = []
        self._numbered: list[str] = []

    def add(self, text: bytes) -> bool:
        """Keep a line if it tells something new; whether it does."""
        if len(self._named) == _LINES:
            return False
        if self._metric in text[:_LOOKED_AT].lower():
            self._named.append(quoted(text))
        elif len(self._numbered) < _LINES and _DIGIT.search(text, 0, _LOOKED_AT):
            self._numbered.append(quoted(text))
        else:
            return False
        return True

    @property
    def lines(self) -> tuple[str, ...]:
        """Those that name the metric before the others."""
        return tuple((self._named + self._numbered)[:_LINES])
