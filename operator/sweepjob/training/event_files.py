"""Writes TensorBoard event files: a record for each scalar, as protocol buffers in TFRecord frames."""

from __future__ import annotations

import struct

_POLYNOMIAL = 0x82F63B78  # CRC-32C, reversed


def scalar_event(tag: str, value: float, step: int, now: float) -> bytes:
    """Return the record of a scalar.

    The value is a tensor of type double: ``simple_value`` would round it to a 32-bit float.

    Args:
        tag: Name of the scalar.
        value: Its value.
        step: Its step.
        now: Seconds since the epoch.
    """
    tensor = _number(1, 2) + delimited(
        4, struct.pack("<d", value)
    )  # dtype: DT_DOUBLE, tensor_content
    summary = delimited(1, tag.encode()) + delimited(8, tensor)
    event = (
        _key(1, 1) + struct.pack("<d", now) + _number(2, step) + delimited(5, delimited(1, summary))
    )
    return _frame(event)


def _frame(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value & (1 << 64) - 1)


def delimited(field: int, value: bytes) -> bytes:
    """Return a field of a protocol-buffer message.

    Args:
        field: Its number.
        value: Its content.
    """
    return _key(field, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _checksum(data: bytes) -> bytes:
    """Return the masked CRC-32C of a TFRecord frame."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF)
