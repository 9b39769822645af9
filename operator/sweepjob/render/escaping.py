"""Makes text of tenants harmless where it is printed: names, values and messages come from whoever may
create a sweep, a metric or a termination message.
"""

from __future__ import annotations

import math
import re

# C0 controls but for tab and line feed, DEL, C1 controls, and what reorders or breaks lines of text:
# a terminal acts on the former, a reader is deceived by the latter (CVE-2021-42574).
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
)
_CONTROLS = re.compile(f"[{_UNSAFE}]")
_CONTROLS_OF_CELLS = re.compile(f"[{_UNSAFE}\t\n]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# With these a spreadsheet takes a cell for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def visible(text: str) -> str:
    """The text with control characters written as ``\\x1b``; lines stay lines."""
    return _CONTROLS.sub(_written, text)


def visible_in_line(text: str) -> str:
    """The same for a text that must stay on its line, such as a cell of a table."""
    return _CONTROLS_OF_CELLS.sub(_written, text)


def _written(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def json_safe(document: str) -> str:
    """A JSON document with the characters that JSON allows in texts, but a terminal acts on, as escapes:
    it reads back the same.
    """
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def spreadsheet_cell(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula: one that begins like a formula and is
    no number gets an apostrophe in front.
    """
    safe = visible(text)
    if safe.startswith(_FORMULA_STARTS) and not _is_number(safe):
        return f"'{safe}"
    return safe


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False
