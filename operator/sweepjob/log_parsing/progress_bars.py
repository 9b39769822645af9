"""Finds out whether a line is a progress bar that was printed before.

A message that is printed while a bar is drawn sticks to the bar's line. The bar is drawn again when it is
closed. PyTorch Lightning ends so: ``Epoch 2: 100%|##| 9/9 [..., acc=0.9]`Trainer.fit` stopped: ...``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# tqdm's format: description, per cent, bar, count/total, [elapsed<remaining, rate, metrics].
_BAR = re.compile(
    rb"(?P<description>[^|\r]{0,500}?) {0,9}100%\|[^|\r]{0,500}\| {0,9}(?P<progress>\S{1,40}/\S{1,40})"
    rb" {0,9}\[[^],\r]{0,60}(?:, {0,9}[^],\r]{0,60}/(?:s|it))?(?P<metrics>[^]\r]{0,1000})\]"
)


class Bar(NamedTuple):
    """A complete progress bar, without its times and its rate, which change when it is drawn again.

    Attributes:
        description: what it counts.
        progress: how many of how many.
        metrics: the values behind the rate.
    """

    description: bytes
    progress: bytes
    metrics: bytes


class ProgressBars:
    """Remembers the last bar to which a message stuck."""

    def __init__(self) -> None:
        self._interrupted: Bar | None = None

    def is_redrawn(self, line: bytes) -> bool:
        """Return whether the line is the bar of the line before, to which a message stuck.

        Args:
            line: the last state of a whole line, without colours.
        """
        before, self._interrupted = self._interrupted, None
        found = _BAR.match(line) if b"100%|" in line else None
        if found is None:
            return False
        bar = Bar(found["description"], found["progress"], found["metrics"])
        if line[found.end() :].strip():
            self._interrupted = bar
        return bar == before
