"""Reports in the lines of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from .metrics import compiled

# What Azure's Run.log prints outside of Azure: the name in one line, the value in the next.
_AZURE = "Attempted to log scalar metric "
# name=value, name: value, also several in a line, as Keras and many scripts print them.
_USUAL = (
    r"(?:^|[\s,;|\[({\"'-])(?P<name>[A-Za-z_][\w./@-]*)[\"']?\s*[=:]\s*"
    r"(?P<value>[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|NaN|inf|Infinity))"
    r"(?:$|[\s,;|\])}%]|\.(?:\s|$))"
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST = 8192  # characters of a line that are looked at
_NANO = 10**9


def nanoseconds(timestamp: str) -> int:
    """Since the epoch, of a timestamp with up to nine digits behind the point.

    Raises:
        ValueError: it is none.
    """
    whole, point, rest = timestamp.partition(".")
    if not point:
        return int(datetime.fromisoformat(timestamp).timestamp()) * _NANO
    digits = re.match(r"\d+", rest)
    if digits is None:
        raise ValueError(timestamp)
    zone = rest[digits.end() :]
    seconds = int(datetime.fromisoformat(whole + zone).timestamp())
    return seconds * _NANO + int(digits[0][:9].ljust(9, "0"))


class LogLines:
    """Finds reports, line after line.

    Args:
        metric: the name of those that a pattern without names finds.
        pattern: of RE2, with groups value and maybe name; empty for the usual forms.
    """

    def __init__(self, metric: str, pattern: str = "") -> None:
        self._metric = metric
        self._pattern = compiled(pattern or _USUAL)
        self._azure = not pattern
        self._announced: str | None = None

    def read(self, line: str) -> list[tuple[str, float]]:
        """Names and values in the next line. Of a name that is in it more than once the last value
        counts: a progress bar is one line that is written again and again."""
        text = _ANSI.sub("", line.rstrip("\r\n").rpartition("\r")[2])[:_LONGEST]
        announced, self._announced = self._announced, None
        if announced is not None:
            return _number(announced, text.strip())
        if self._azure and text.startswith(_AZURE):
            self._announced = text.removeprefix(_AZURE).rstrip().removesuffix(":")
            return []
        return list(dict(self._matches(text)).items())

    def _matches(self, text: str) -> Iterator[tuple[str, float]]:
        value = self._pattern.groupindex["value"]
        position = 0
        # What stands between two matches may belong to both.
        while (match := self._pattern.search(text, position)) is not None:
            found = match.groupdict()
            yield from _number(found.get("name") or self._metric, found["value"] or "")
            position = max(match.end(value), position + 1)


def _number(name: str, text: str) -> list[tuple[str, float]]:
    try:
        return [(name, float(text))]
    except ValueError:
        return []
