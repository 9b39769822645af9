"""Lines of a log as bytes and as text."""

from __future__ import annotations

import re

# What the kubelet takes of a log for a termination message (FallbackToLogsOnError).
_MOST_LINES, _MOST_BYTES = 80, 2048
# Control sequences of terminals: CSI, OSC and the like up to their end, and other escapes.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
# C0 without tab and line feed, DEL, C1, and what turns the direction of text around.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def last_lines(text: bytes) -> str:
    """The last lines of a log's end as a terminal would leave them, without control characters."""
    lines = [_printable(line) for line in text.decode(errors="replace").split("\n")]
    shown = "\n".join(lines).strip("\n").split("\n")[-_MOST_LINES:]
    cut = "\n".join(shown).encode()
    if len(cut) > _MOST_BYTES:
        cut = cut[-_MOST_BYTES:]
        # A line that has lost its beginning goes, unless there is nothing else.
        _, newline, others = cut.partition(b"\n")
        cut = others if newline and others.strip() else cut
    return cut.decode(errors="ignore").strip("\n")


def _printable(line: str) -> str:
    final = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", final).rstrip()
