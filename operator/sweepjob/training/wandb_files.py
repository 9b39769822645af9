"""Writes a file as W&B's client does: a row of the history for each value."""

from __future__ import annotations

import json
import struct
import zlib

from .event_files import delimited

HEADER = b":W&B\xe1\xbe\x00"
_BLOCK = 32 * 1024
_FRAME = 7  # bytes: checksum, length, kind
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def history_frames(name: str, value: float, step: int, position: int) -> bytes:
    """Return what appends a row to a file.

    Args:
        name: Name of the metric.
        value: Its value.
        step: Its step.
        position: Size of the file.
    """
    items = b"".join(
        delimited(1, delimited(2, key.encode()) + delimited(16, text.encode()))
        for key, text in ((name, json.dumps(value)), ("_step", str(step)))
    )
    return frames(delimited(2, items), position)


def frames(data: bytes, position: int) -> bytes:
    """Return a record in frames, which end with the blocks of the file.

    Args:
        data: The record.
        position: Size of the file.
    """
    found, begun = b"", False
    while True:
        left = _BLOCK - (position + len(found)) % _BLOCK
        if left < _FRAME:
            found += bytes(left)
            left = _BLOCK
        part, data = data[: left - _FRAME], data[left - _FRAME :]
        kind = (_MIDDLE if begun else _FIRST) if data else (_LAST if begun else _FULL)
        checksum = zlib.crc32(part, zlib.crc32(bytes([kind])))
        found += struct.pack("<IHB", checksum, len(part), kind) + part
        if not data:
            return found
        begun = True
