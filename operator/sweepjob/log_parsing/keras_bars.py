"""Finds out which values a progress bar of Keras repeats in an epoch.

A callback that prints, such as ``ModelCheckpoint(verbose=1)``, ends the line of the bar before the epoch
is complete. Keras then draws the bar again, with the values of the validation. Where Keras 2 has no
terminal, each state of the bar is a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BAR = re.compile(
    rb"\s{0,20}(?P<at>\d{1,9})/(?P<of>\d{1,9}) {1,3}"
    rb"(?:\[[=>.]{1,60}\] - (?P<eta>ETA: )?|(?:\xe2\x94\x81){1,60})"
)
_MESSAGE = re.compile(rb"Epoch \d{1,9}: ")  # of a callback, at the beginning or the end of an epoch
_HEADER = re.compile(rb"Epoch \d{1,9}/\d{1,9}\s{0,20}")  # with which an epoch begins


class KerasBars:
    """Remembers the values of the complete bar in the current epoch."""

    def __init__(self) -> None:
        self._place = b""
        self._values: dict[str, float] = {}
        self._is_broken = False

    def is_unfinished(self, line: bytes) -> bool:
        """Return whether a line is a bar of an epoch that goes on.

        Args:
            line: the last state of a whole line, without colours.
        """
        found = _BAR.match(line)
        if found is None:
            if _HEADER.fullmatch(line):
                self._place, self._values, self._is_broken = b"", {}, False
            self._is_broken |= _MESSAGE.match(line) is not None
            return False
        return found["eta"] is not None or int(found["at"]) < int(found["of"])

    def repeated(self, line: bytes, values: Mapping[str, float]) -> list[str]:
        """Return the names whose values a complete bar of the same epoch had before.

        Args:
            line: the last state of a whole line, without colours.
            values: what was found in it.
        """
        found = _BAR.match(line)
        if found is None:
            return []
        place = found["of"]
        before = self._values if place == self._place else {}
        is_redrawn = self._is_broken and before.items() <= values.items()
        self._place, self._values, self._is_broken = place, dict(values), False
        return list(before) if is_redrawn else []
