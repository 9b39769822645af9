"""Files of W&B's client, byte by byte, in the forms of its oldest and its newest supported version."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from .event_files import field

HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
BLOCK = 32768


def old_row(values: dict[str, Any]) -> bytes:
    """A row of the history: a name and JSON, which may be an object."""
    items = [field(1, k.encode()) + field(16, json.dumps(v).encode()) for k, v in values.items()]
    return field(2, b"".join(field(1, item) for item in items) + field(2, field(1, 7)))


def new_row(values: dict[str, Any], number: int = 2, count: int = 0) -> bytes:
    """A row in which the parts of a nested name are apart."""
    items = b"".join(field(1, item) for item in _nested(values, b""))
    return (field(1, count) if count else b"") + field(number, items)


def _nested(values: dict[str, Any], prefix: bytes) -> list[bytes]:
    found = []
    for key, value in values.items():
        path = prefix + field(2, key.encode())
        if isinstance(value, dict):
            found += _nested(value, path)
        else:
            found.append(path + field(16, json.dumps(value).encode()))
    return found


def summary(values: dict[str, Any]) -> bytes:
    return new_row(values, number=3)


def log(*records: bytes) -> bytes:
    found = bytearray(HEADER)
    for record in records:
        first = True
        while first or record:
            left = BLOCK - len(found) % BLOCK
            if left < 7:
                found += b"\0" * left
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = {(True, False): 1, (True, True): 2, (False, True): 3, (False, False): 4}[
                first, bool(record)
            ]
            checksum = zlib.crc32(bytes([kind]) + part)
            found += struct.pack("<IHB", checksum, len(part), kind) + part
            first = False
    return bytes(found)


def write(folder: Path, data: bytes, run: str = "a1", moment: str = "20260101_000000") -> Path:
    path = folder / "wandb" / f"offline-run-{moment}-{run}" / f"run-{run}.wandb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
