"""Makes a termination message from the end of a log."""

from __future__ import annotations

import re

# The kubelet's limits with terminationMessagePolicy FallbackToLogsOnError.
_MAX_LINES, _MAX_BYTES = 80, 2048
# Control sequences of terminals: CSI, OSC and similar ones up to their end, and other escapes.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
# C0 controls except tab and line feed, DEL, C1 controls, and controls of the text direction.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def termination_message(text: bytes) -> str:
    """Return the last lines as a terminal would show them, without control characters."""
    lines = [_printable(line) for line in text.decode(errors="replace").split("\n")]
    tail = "\n".join(lines).strip("\n").split("\n")[-_MAX_LINES:]
    encoded = "\n".join(tail).encode()
    if len(encoded) > _MAX_BYTES:
        encoded = encoded[-_MAX_BYTES:]
        # The first line has lost its beginning; it is dropped unless it is the only one.
        _, newline, others = encoded.partition(b"\n")
        encoded = others if newline and others.strip() else encoded
    return encoded.decode(errors="ignore").strip("\n")


def _printable(line: str) -> str:
    final = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", final).rstrip()
