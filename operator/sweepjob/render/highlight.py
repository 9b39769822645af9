"""Colours text for a terminal: phases, warnings, and the heads of tables."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "bold": "1"}
_PHASES = {
    "green": "Succeeded|Complete",
    "red": "Failed|Invalid|Unreadable",
    "yellow": "EarlyStopped|Blocked|Canceled|Suspended|Stopping|Paused|Pending|Queued",
    "blue": "Running",
}
# What is coloured, tried in this order. Only whole words between wide gaps are phases: a message may
# have the same words.
_RULES: tuple[tuple[str, str], ...] = (
    ("red", r"^(?:error|refused):"),
    ("yellow", r"^warning:"),
    ("green", r"^ok:"),
    ("cyan", r"^note:"),
    ("yellow", r"^! [^:\n]*:?"),
    ("bold", r"^best: .*"),
    *(
        (colour, rf"(?<=   )(?:{words})(?=   |$|:)|^(?:{words})(?=   |$)")
        for colour, words in _PHASES.items()
    ),
    ("bold", r"^[A-Z][A-Z-]+(?:   +[\w.\[\]-]+)+ *$"),
)


def has_colour(stream: TextIO) -> bool:
    """Return whether a stream shows colours.

    ``NO_COLOR`` forbids them, ``FORCE_COLOR`` demands them; without either a terminal has them.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def highlight(text: str) -> str:
    r"""Return a text in colours. It must have no control characters but line feeds.

    >>> highlight("error: no such sweep")
    '\x1b[31merror:\x1b[0m no such sweep'
    """
    for colour, pattern in _RULES:
        text = re.sub(pattern, f"\x1b[{_CODES[colour]}m\\g<0>\x1b[0m", text, flags=re.MULTILINE)
    return text


def for_stream(text: str, stream: TextIO | None = None) -> str:
    """Return a text in colours if a stream shows them, the standard output by default."""
    return highlight(text) if has_colour(stream or sys.stdout) else text
