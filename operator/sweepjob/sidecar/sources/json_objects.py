"""Names and numbers of a line with a JSON object, and the remedy for a line that is not one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = 60  # bytes of a line in a message
_DEPTH = 5  # objects within each other whose numbers have names
_GZIP, _UTF_16 = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")


def parse_object(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line; None when it is not one.

    Integers become floats: reading one with a million digits exactly would take a minute.
    """
    try:
        text = line.decode(errors="replace").lstrip("\ufeff")
        found = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def named_values(
    found: Mapping[str, Any], prefix: str = "", depth: int = 1
) -> Iterator[tuple[str, Any]]:
    """Yield names and values; those of an object within the object have names like ``val.acc``."""
    for name, value in found.items():
        if isinstance(value, dict) and depth < _DEPTH:
            yield from named_values(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value


def shown(line: bytes) -> str:
    """Return the beginning of a line for a message."""
    text = line.decode(errors="replace").strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def remedy(line: bytes) -> str:
    """Return what makes a line a JSON object, as far as its beginning shows."""
    text = line.lstrip(b"\xef\xbb\xbf \t\r")
    if text.startswith(_GZIP):
        return "The file is compressed; write it uncompressed."
    if text.startswith(_UTF_16):
        return "The file is UTF-16; write it in UTF-8."
    if text.startswith(b"["):
        return "Write the objects of the list one a line, without the list."
    if text.rstrip() == b"{":
        return "Write each JSON object in one line."
    if text.startswith(b"{'"):
        return "JSON has double quotes: write json.dumps(...) instead of str(...)."
    return "Write one JSON object a line."
