"""Finds out whether a log has every report several times.

Two handlers of ``logging`` write each message twice, and so do the processes of one training that print
without labels.
"""

from __future__ import annotations

import re
from itertools import groupby

from .number_syntax import named_numbers

# What tells two lines with equal values apart; a time of day does not.
_STEP = re.compile(
    rb"(?:epoch|step|iter|iteration|fold|round|batch)s?\W{0,4}(\d{1,9})|^\W{0,3}(\d{1,9})(?![\d:.-]|/\d{1,9}/)",
    re.IGNORECASE,
)
_GROUPS = 5  # equal lines one after another, of as many different ones
_LONGEST = 1000  # bytes of a line
_MOST = 64  # lines


class RepeatedLines:
    """The first lines with values of the primary metric."""

    def __init__(self) -> None:
        # Those whose number may still be the same; None once it is known.
        self._lines: list[tuple[bytes, tuple[bytes | str, ...]]] | None = []

    def add(self, text: bytes, start: int) -> int:
        """Add a line; returns how often each one comes, or 0 if it is not known or once.

        Args:
            text: the line.
            start: where the name of the metric begins.
        """
        if self._lines is None or len(text) > _LONGEST:
            return 0
        steps = [before + behind for before, behind in _STEP.findall(text)]
        # Handlers write other times and levels in front of a message, but no other metrics.
        others = [number.text for _, number in named_numbers(text[:start])]
        self._lines.append((text[start:].strip(), (*steps, *others)))
        *whole, last = (len([*group]) for _, group in groupby(self._lines))
        times = max(whole, default=0)
        is_repeated = (
            times != 1 and all(size == times for size in whole) and last <= (times or last)
        )
        if is_repeated and len(whole) < _GROUPS and len(self._lines) < _MOST:
            return 0
        self._lines = None
        return times if is_repeated and len(whole) == _GROUPS else 0
