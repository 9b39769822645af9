"""Escapes untrusted text for terminals, JSON and spreadsheets.

Names, values and messages come from anyone who may create a sweep, a metric or a termination message.
"""

from __future__ import annotations

import math
import re
from typing import Any

# C0 controls except tab and line feed, DEL and C1 controls, which a terminal acts on; and characters
# that reorder or break lines, which deceive a reader (CVE-2021-42574). Halves of characters
# (surrogates), which JSON can have, cannot be written at all.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff"
)
_CONTROLS = re.compile(f"[{_UNSAFE}]")
_CONTROLS_OF_CELLS = re.compile(f"[{_UNSAFE}\t\n]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# A spreadsheet takes a cell that starts with one of these for a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def escape_controls(text: str) -> str:
    r"""Return a text with control characters as escapes such as ``\x1b``; line feeds stay."""
    return _CONTROLS.sub(_escape, text)


def escape_line(text: str) -> str:
    """Return a text with control characters, tabs and line feeds as escapes, for a cell of a table."""
    return _CONTROLS_OF_CELLS.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def escape_json(document: str) -> str:
    """Return an equivalent JSON document without the control characters that JSON allows in strings."""
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def escape_csv_cell(text: str) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula.

    A text that starts like a formula and is not a number gets an apostrophe in front.
    """
    safe = escape_controls(text)
    if safe.startswith(_FORMULA_STARTS) and not _is_number(safe):
        return f"'{safe}"
    return safe


def unescape_csv_cell(cell: Any) -> Any:
    """Return the content of a cell that ``escape_csv_cell`` may have put an apostrophe in front of.

    Args:
        cell: the cell; what is no text stays as it is.
    """
    is_guarded = (
        isinstance(cell, str) and cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS)
    )
    return cell[1:] if is_guarded else cell


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False
